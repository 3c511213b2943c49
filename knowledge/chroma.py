"""The vector store: Chroma embedded, with our own embedding function. The one module that imports chromadb.

Chroma wants one process per folder, and a command beside a server is two. So a folder is written once, under another
name, closed, renamed to the id of what it holds, and from then on only read; whoever builds the same thing at the same
time throws his own away. Other content is another folder. Vectors and graph are made by one thread from sorted input,
so that equal content gives equal answers.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chromadb import EphemeralClient, PersistentClient
from chromadb.api.client import Client
from chromadb.api.models.Collection import Collection
from chromadb.api.types import Documents, EmbeddingFunction, Embeddings, Space
from chromadb.config import Settings
from chromadb.errors import ChromaError
from chromadb.utils.embedding_functions import register_embedding_function

from domain.errors import StorageFailed
from knowledge.vectors import MODEL, vectors

NAME = "sentences"
NEIGHBOURS = 200
"""Sentences looked up for a question; the search list of the graph is twice as long."""
BATCH = 1000
KEPT = 3
"""Folders of earlier content that stay, for processes that still read them."""


class StaticWords(EmbeddingFunction[Documents]):
    """Means of static word vectors; needs no network and no download."""

    def __init__(self) -> None:
        """Nothing to be told: the vectors come with a package."""

    def __call__(self, input: Documents) -> Embeddings:
        """One unit vector per text."""
        return list(vectors().texts(list(input)))

    @staticmethod
    def name() -> str:
        """The name under which a reopened collection finds it."""
        return "quartermaster-static-words"

    def get_config(self) -> dict[str, Any]:
        """What the collection remembers of it."""
        return {"model": MODEL}

    @staticmethod
    def build_from_config(config: dict[str, Any]) -> StaticWords:
        """The function of a reopened collection. StorageFailed when it was made with other vectors."""
        if config.get("model") != MODEL:
            raise StorageFailed("the index was made with other vectors", field="knowledge", fix="delete its folder")
        return StaticWords()

    def default_space(self) -> Space:
        """Vectors are compared by angle."""
        return "cosine"


Item = tuple[str, str, dict[str, str | int]]
"""(Id, text to embed, what is remembered of it: `place` is the number of its section)."""


class Dense:
    """Sentences by meaning."""

    def __init__(self, client: Client, collection: Collection) -> None:
        self._client = client
        self._collection = collection
        self._count = collection.count()

    def nearest(self, question: str, within: Sequence[int] = ()) -> list[tuple[int, float]]:
        """(Place, cosine) of the sections with the nearest sentences (of `within`, when given), best first."""
        where: Any = {"place": {"$in": list(within)}} if within else None
        wanted = min(NEIGHBOURS, self._count)
        found = self._collection.query(
            query_texts=[question], n_results=wanted, where=where, include=["metadatas", "distances"]
        )
        best: dict[int, float] = {}
        metadatas, distances = found["metadatas"] or [[]], found["distances"] or [[]]
        for remembered, distance in zip(metadatas[0], distances[0], strict=True):
            place = int(str(remembered["place"]))
            best[place] = max(best.get(place, -1.0), round(1 - float(distance), 5))
        return sorted(best.items(), key=lambda item: (-item[1], item[0]))

    def close(self) -> None:
        """Give the store back."""
        self._client.close()


def in_memory(key: str, items: Sequence[Item]) -> Dense:
    """A store that is gone with the process. Chroma shares its memory within a process, so `key` names the content."""
    client = _client(EphemeralClient(settings=_settings()))
    name = f"{NAME}-{key}"
    known = {one.name for one in client.list_collections()}
    return Dense(client, client.get_collection(name) if name in known else _filled(client, name, items))


def in_folder(home: Path, key: str, items: Sequence[Item]) -> Dense:
    """The store under `home / key`, made there when it is not. StorageFailed when the folder cannot be used."""
    place = home / key
    try:
        if not place.is_dir():
            _make(home, place, items)
        try:
            return _open(place, len(items))
        except (ChromaError, StorageFailed):
            _discard(place)
            _make(home, place, items)
            return _open(place, len(items))
    except (OSError, ChromaError) as error:
        raise StorageFailed(
            f"the index of the documents cannot be kept ({type(error).__name__}: {error})",
            field=str(home),
            fix="check that the data folder is writable and has room",
        ) from error


def _settings() -> Settings:
    """No telemetry; and a reopened collection finds our embedding function by its name."""
    register_embedding_function(StaticWords)  # type: ignore[no-untyped-call]
    return Settings(anonymized_telemetry=False)


def _client(client: object) -> Client:
    """Both kinds of embedded client are this one; their declared type has no `close`."""
    assert isinstance(client, Client)
    return client


def _make(home: Path, place: Path, items: Sequence[Item]) -> None:
    home.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=".building-", dir=home))
    try:
        client = _client(PersistentClient(str(building), settings=_settings()))
        try:
            _filled(client, NAME, items)
        finally:
            client.close()
        try:
            building.rename(place)
        except OSError:
            if not place.is_dir():
                raise
    finally:
        shutil.rmtree(building, ignore_errors=True)
    others = sorted((path for path in home.glob("L-*") if path != place), key=lambda path: path.stat().st_mtime_ns)
    for old in others[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _open(place: Path, expected: int) -> Dense:
    """StorageFailed when the folder does not hold what it should."""
    client = _client(PersistentClient(str(place), settings=_settings()))
    try:
        store = Dense(client, client.get_collection(NAME))
        if store._count != expected:
            raise StorageFailed("the index is not whole", field=str(place), fix="it is made anew")
    except (ChromaError, StorageFailed):
        client.close()
        raise
    return store


def _discard(place: Path) -> None:
    """Move a broken folder out of the way, then delete it: a half-deleted one must not be found under its name."""
    away = Path(tempfile.mkdtemp(prefix=".broken-", dir=place.parent))
    place.rename(away / place.name)
    shutil.rmtree(away, ignore_errors=True)


def _filled(client: Client, name: str, items: Sequence[Item]) -> Collection:
    graph: Any = {
        "hnsw": {
            "space": "cosine",
            "ef_construction": 200,
            "ef_search": 2 * NEIGHBOURS,
            "max_neighbors": 32,
            "num_threads": 1,
        }
    }
    function: Any = StaticWords()
    collection = client.create_collection(name, embedding_function=function, configuration=graph)
    for at in range(0, len(items), BATCH):
        batch = items[at : at + BATCH]
        collection.add(
            ids=[key for key, _, _ in batch],
            documents=[text for _, text, _ in batch],
            metadatas=[dict(remembered) for _, _, remembered in batch],
        )
    return collection
