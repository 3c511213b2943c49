"""Static word vectors out of a package: what a word, a sentence or a question means, as 256 numbers, offline.

`wordllama` carries weights and tokenizer in its wheel, but its own `load()` looks for the tokenizer in a folder that
the wheel does not have and then downloads; importing it also sets up the root logger. So both files are read from the
package's folder directly, and the package itself is never imported.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.errors import StorageFailed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

MODEL = "wordllama/l2_supercat_256"
DIMENSIONS = 256
_WEIGHTS = Path("weights") / "l2_supercat_256.safetensors"
_TOKENIZER = Path("tokenizers") / "l2_supercat_tokenizer_config.json"


class Vectors:
    """Vectors of tokens, and of texts as their mean. Made once per process: 16 MB, 0.2 s."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._words: dict[str, Floats] = {}

    @cached_property
    def _table(self) -> Floats:
        import numpy as np
        from safetensors import safe_open

        with safe_open(str(self._folder / _WEIGHTS), framework="np") as weights:
            table: Floats = weights.get_tensor("embedding.weight").astype(np.float32)
        return table

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        return Tokenizer.from_file(str(self._folder / _TOKENIZER))

    def texts(self, texts: list[str]) -> Floats:
        """One unit vector per text, as rows; a text without a token gets a vector of zeros."""
        import numpy as np

        rows = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for row, encoded in enumerate(self._tokenizer.encode_batch(texts, add_special_tokens=False)):
            if encoded.ids:
                rows[row] = self._table[encoded.ids].mean(axis=0)
        length = np.linalg.norm(rows, axis=1, keepdims=True)
        unit: Floats = np.divide(rows, length, out=rows, where=length > 0)
        return unit

    def word(self, word: str) -> Floats:
        """The sum of the vectors of a word's tokens; its length is how much the word tells."""
        if word not in self._words:
            ids = self._tokenizer.encode(word, add_special_tokens=False).ids
            self._words[word] = self._table[ids].sum(axis=0)
        return self._words[word]


@lru_cache(maxsize=1)
def vectors() -> Vectors:
    """The vectors of this process. StorageFailed when the package that carries them is not whole."""
    found = find_spec("wordllama")
    folder = Path(found.origin).parent if found is not None and found.origin else None
    if folder is None or not (folder / _WEIGHTS).is_file() or not (folder / _TOKENIZER).is_file():
        raise StorageFailed(
            "the word vectors are not installed", field="wordllama", fix="run `make setup`: the package carries them"
        )
    return Vectors(folder)
