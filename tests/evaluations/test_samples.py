"""The bundled sample: thirty long documents that no training has seen."""

from __future__ import annotations

import hashlib

import pytest

from evaluations.samples import (
    LARGEST,
    SAMPLE_DOCUMENTS,
    SAMPLE_SEED,
    SMALLEST,
    sample_documents,
)
from longssm_core.corpus.generator import generate


@pytest.fixture(scope="module")
def sample():
    return sample_documents()


def test_the_sample_has_thirty_different_long_documents(sample):
    documents = [extracted.document for extracted in sample.documents]
    assert len({document.id for document in documents}) == SAMPLE_DOCUMENTS == 30
    for document in documents:
        assert 0.9 * SMALLEST <= document.bytes <= LARGEST


def test_its_documents_are_of_many_kinds_and_of_both_languages(sample):
    texts = [extracted.text for extracted in sample.documents]
    japanese = [sum("぀" <= letter <= "鿿" for letter in text) / len(text) for text in texts]
    assert sum(share > 0.1 for share in japanese) >= 8
    assert sum(share < 0.01 for share in japanese) >= 8
    assert len({extracted.document.format for extracted in sample.documents}) >= 2


def test_its_texts_are_in_stored_form_and_named_by_their_hash(sample):
    for extracted in sample.documents:
        assert extracted.document.id == hashlib.sha256(extracted.text.encode()).hexdigest()
        assert extracted.text == extracted.text.rstrip("\n")
        assert "\r" not in extracted.text


def test_its_seeds_are_beyond_those_of_training(sample):
    assert SAMPLE_SEED >= 9_000_000_000
    written_by_training = {generate(seed, 2_000).text[:1_000] for seed in range(50)}
    assert not [one for one in sample.documents if one.text[:1_000] in written_by_training]
