"""The vector store: Chroma embedded, with our own embedding function. The one module that imports chromadb.

Chroma wants one process per folder (opening one writes into it), and a command beside a server is two. So an index is
made once per content, in a folder of another name, closed, and renamed to what it holds; from then on nobody opens or
changes it. Every process copies it to a folder of its own and opens the copy: nobody waits for, locks or breaks
anybody. What was damaged on disk is found by the hashes beside it and made anew. Vectors and graph are made by one
thread from sorted input, so that equal content gives equal answers.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import chromadb
from chromadb import EphemeralClient, PersistentClient
from chromadb.api.client import Client
from chromadb.api.models.Collection import Collection as Stored
from chromadb.api.types import Documents, EmbeddingFunction, Embeddings, Space
from chromadb.config import Settings
from chromadb.errors import ChromaError
from chromadb.utils.embedding_functions import register_embedding_function

from domain.errors import StorageFailed
from knowledge import kept
from knowledge.vectors import MODEL, vectors

NAME = "sentences"
NEIGHBOURS = 200
"""Sentences looked up for a question; the search list of the graph is twice as long."""
BATCH = 1000
FORMAT = f"1-{chromadb.__version__}"
"""Raised when items are made otherwise; another Chroma makes its own."""


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

    def __init__(self, client: Client, collection: Stored, copy: TemporaryDirectory[str] | None = None) -> None:
        """`copy`: the folder that is ours alone and goes with us."""
        self._client = client
        self._collection = collection
        self._copy = copy
        self._count = collection.count()

    def nearest(self, question: str, within: Collection[int] = ()) -> list[int]:
        """Places of the sections with the nearest sentences (of `within`, when given), best first, equal ones in
        their order."""
        where: Any = {"place": {"$in": sorted(within)}} if within else None
        wanted = min(NEIGHBOURS, self._count)
        found = self._collection.query(
            query_texts=[question], n_results=wanted, where=where, include=["metadatas", "distances"]
        )
        best: dict[int, float] = {}
        metadatas, distances = found["metadatas"] or [[]], found["distances"] or [[]]
        for remembered, distance in zip(metadatas[0], distances[0], strict=True):
            place = int(str(remembered["place"]))
            best[place] = max(best.get(place, -1.0), round(1 - float(distance), 5))
        return sorted(best, key=lambda place: (-best[place], place))

    def close(self) -> None:
        """Give the store back."""
        self._client.close()
        if self._copy is not None:
            self._copy.cleanup()


def in_memory(key: str, items: Sequence[Item]) -> Dense:
    """A store that is gone with the process. Chroma shares its memory within a process, so `key` names the content."""
    client = _client(EphemeralClient(settings=_settings()))
    name = f"{NAME}-{key}"
    known = {one.name for one in client.list_collections()}
    return Dense(client, client.get_collection(name) if name in known else _filled(client, name, items))


def in_folder(home: Path, key: str, items: Sequence[Item]) -> Dense:
    """The store of this content, kept under `home` and made there when it is not. StorageFailed when it cannot be."""
    place = home / f"{key}-{FORMAT}"
    try:
        if not kept.is_whole(place):
            _make(home, place, items)
        copy = TemporaryDirectory(prefix="quartermaster-")
        shutil.copytree(place, copy.name, dirs_exist_ok=True)
        client = _client(PersistentClient(copy.name, settings=_settings()))
        return Dense(client, client.get_collection(NAME), copy)
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
    """Make the index beside its place, and put it there unless another process was faster."""
    with kept.building(home, place) as folder:
        client = _client(PersistentClient(str(folder), settings=_settings()))
        try:
            _filled(client, NAME, items)
        finally:
            client.close()


def _filled(client: Client, name: str, items: Sequence[Item]) -> Stored:
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
