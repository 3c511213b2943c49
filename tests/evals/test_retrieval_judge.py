"""The judge of retrieval: its questions fit the library, its measure is the textbook's, and it tells good from bad."""

from __future__ import annotations

import pytest

from evals.retrieval.measure import Ranked, ndcg, score
from evals.retrieval.plain import Plain, sections
from evals.retrieval.questions import judged

PLACES = {place for place, _ in sections()}


def test_every_judged_place_is_a_section_of_the_library():
    for question in judged():
        assert set(question.grades) <= PLACES, question.id


def test_there_are_enough_questions_of_both_sorts_in_both_halves():
    for half in ("tune", "held"):
        asked = judged(half)
        assert sum(q.answerable for q in asked) >= 30 and sum(not q.answerable for q in asked) >= 10
    everything = judged()
    assert len({q.id for q in everything}) == len({q.ask.casefold() for q in everything}) == len(everything) >= 80


def test_every_document_is_asked_about():
    assert {document for q in judged() for document, _ in q.grades} == {document for document, _ in PLACES}


def test_no_question_copies_a_heading():
    headings = {section.casefold() for _, section in PLACES}
    assert not headings & {q.ask.casefold() for q in judged()}


def test_ndcg_is_the_textbooks():
    a, b, c = ("x", "1"), ("x", "2"), ("x", "3")
    assert ndcg({a: 2, b: 1}, [a, b]) == 1.0
    assert ndcg({a: 2}, [b, a]) == pytest.approx(1 / 1.5849625)
    assert ndcg({a: 2, b: 1}, [b, a, a]) == pytest.approx((1 + 3 / 1.5849625) / (3 + 1 / 1.5849625))
    assert ndcg({a: 2}, [b, c]) == 0.0
    assert ndcg({a: 2}, [b] * 20 + [a]) == pytest.approx(1 / 1.5849625), "a place counts once"


def test_a_search_that_knows_everything_scores_one_and_one_that_finds_all_alike_does_not():
    perfect = score([(q, Ranked(q.answerable, tuple(sorted(q.grades, key=lambda p: -q.grades[p])))) for q in judged()])
    assert (perfect.ndcg, perfect.served, perfect.absent, perfect.refused, perfect.accuracy) == (1, 1, 1, 0, 1)
    same = score([(q, Ranked(True, tuple(sorted(PLACES)))) for q in judged()])
    assert same.ndcg < 0.1 and same.absent == 0


def test_bm25_alone_is_a_yardstick_and_no_straw_man():
    plain = Plain(sections())
    plain.fit(judged("tune"))
    found = score([(q, plain.ask(q.ask)) for q in judged("held")])
    assert 0.3 < found.ndcg < 0.95 and found.accuracy > 0.5
