"""What a search may find a layer by: its words in every language, their synonyms, and its capitals ("mha")."""

from __future__ import annotations

import re

from explorer.i18n.translator import LANGUAGES, translator
from layers.card import Card

SYNONYMS = (
    ("image", "picture", "photo", "pixel", "vision", "이미지", "그림", "사진"),
    ("convolution", "convolve", "filter", "kernel", "cnn", "합성곱", "컨볼루션"),
    ("recurrent", "rnn", "sequence", "time series", "state", "순환", "시퀀스"),
    ("dense", "linear", "fully connected", "perceptron", "matrix product", "완전 연결"),
    ("embedding", "token", "word vector", "lookup table", "임베딩", "토큰"),
    ("normalization", "normalisation", "batchnorm", "layernorm", "정규화"),
    ("dropout", "regularization", "regularisation", "noise", "드롭아웃", "규제"),
    ("attention", "transformer", "query", "어텐션", "트랜스포머"),
    ("pooling", "downsample", "largest", "풀링"),
    ("activation", "nonlinearity", "활성화"),
)
"""Words that readers use for one another."""


def words_of(card: Card) -> str:
    """Everything that a search looks at, in lower case."""
    texts = [card.id, card.title, card.group, *card.documents, _capitals(card.id.rsplit(".", 1)[-1])]
    for language in LANGUAGES:
        t = translator(language)
        texts += [t(card.title), t(card.summary), t(card.group.capitalize())]
        texts += [t(spec.help) for spec in card.fields]
    texts += [spec.name for spec in card.fields]
    text = " ".join(texts).lower()
    summary = f"{card.id} {card.group} {card.summary}".lower()
    return " ".join([text, *(" ".join(group) for group in SYNONYMS if any(word in summary for word in group))])


def _capitals(name: str) -> str:
    """The capitals and digits of a name: "mha" of MultiHeadAttention."""
    return "".join(re.findall(r"[A-Z0-9]", name)).lower()
