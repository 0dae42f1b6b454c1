"""What readers call things: the words, in both languages, by which a search finds a layer."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "conv": "convolution convolve convolutional filter kernel cnn 합성곱 컨볼루션 콘볼루션",
        "pool": "pooling downsample subsample shrink 풀링",
        "maxpooling": "largest maximum 최대값 최댓값",
        "averagepooling": "mean avgpool 평균",
        "attention": "self transformer query key value 어텐션 주의 트랜스포머",
        "multiheadattention": "mha multihead 멀티헤드 다중",
        "groupqueryattention": "gqa",
        "additiveattention": "bahdanau",
        "recurrent": "rnn sequence time series 순환 시퀀스 시계열",
        "lstm": "long short term memory gate rnn 게이트 장단기",
        "gru": "gated gate rnn 게이트",
        "cell": "step 셀",
        "dense": "linear fully connected fc perceptron mlp matrix product affine 완전 연결 밀집",
        "linear": "dense fully connected fc matrix product affine 완전 연결 선형",
        "matmul": "matrix product multiplication dense linear 행렬곱 행렬",
        "embedding": "token word vector lookup table 임베딩 토큰 단어",
        "batchnormalization": "bn batchnorm 배치",
        "layernormalization": "ln layernorm",
        "groupnormalization": "gn groupnorm",
        "normalization": "normalisation norm standardize 정규화",
        "dropout": "regularization regularisation 드롭아웃 규제",
        "regularization": "regularisation 규제",
        "activation": "nonlinearity 활성화",
        "relu": "rectifier 렐루",
        "softmax": "probability share 소프트맥스 확률",
        "flatten": "reshape vector 평탄화 펼치기",
        "reshap": "shape 모양 형태",
        "merging": "combine join 병합",
        "concatenate": "concat join append 연결",
        "mask": "padding pad 마스크 마스킹 패딩",
        "padding": "pad border 패딩",
        "image": "picture photo pixel vision 이미지 그림 사진 영상",
        "2d": "image picture photo pixel vision 이미지 그림 사진 영상",
        "1d": "sequence signal time series 시퀀스 시계열",
        "3d": "volume video 영상 부피",
        "centerzero": "centre hole grid 가운데 구멍",
        "lambda": "function 함수 람다",
        "input": "placeholder 입력",
    }
)
"""By the beginning of a word of a layer's title, group or summary: more words that mean it."""
