"""What the cards of Keras's own layers say, in our words: a line for each class, a line for each argument.

Keras's docstrings are English only; these texts are msgids like all others. This module imports no Keras, so the
catalogue of translations can collect them. A class or an argument that is not here keeps its docstring.
"""

from __future__ import annotations

from collections.abc import Mapping

from explorer.keras_texts.arguments import HELP

__all__ = ["HELP", "SUMMARIES", "help_of"]

SUMMARIES: Mapping[str, str] = {
    "Activation": "Passes its input through one activation function.",
    "ActivityRegularization": "Leaves its input as it is, and adds a penalty on its size to the loss.",
    "AdaptiveAveragePooling1D": "Averages along time so that the output has the length you ask for.",
    "AdaptiveAveragePooling2D": "Averages a picture down to a height and width that you choose.",
    "AdaptiveAveragePooling3D": "Averages a volume down to a depth, height and width that you choose.",
    "AdaptiveMaxPooling1D": "Keeps the largest values along time, in as many steps as you ask for.",
    "AdaptiveMaxPooling2D": "Keeps the largest values of a picture, in a height and width that you choose.",
    "AdaptiveMaxPooling3D": "Keeps the largest values of a volume, in a depth, height and width that you choose.",
    "Add": "Adds its inputs, cell by cell.",
    "AdditiveAttention": "Scores each query and key by the tanh of their sum, and mixes the values by it.",
    "AlphaDropout": "Replaces random values in training so that mean and variance stay about the same.",
    "Attention": "Mixes the values by how well each query matches each key.",
    "AugMix": "Blends each picture with several chains of random changes made to it.",
    "AutoContrast": "Stretches each channel so that its values fill the whole value range.",
    "Average": "Takes the mean of its inputs, cell by cell.",
    "AveragePooling1D": "Slides a window along time and keeps the mean of each window.",
    "AveragePooling2D": "Slides a window over a picture and keeps the mean of each window.",
    "AveragePooling3D": "Slides a box through a volume and keeps the mean of each box.",
    "BatchNormalization": "Brings each feature to mean 0 and variance 1, by the batch or by running averages.",
    "Bidirectional": "Reads a sequence forwards and backwards, and joins the two readings.",
    "CategoryEncoding": "Turns category numbers into one-hot, multi-hot or count rows.",
    "CenterCrop": "Cuts a window of fixed size out of the middle of each picture.",
    "Concatenate": "Joins its inputs end to end along one axis.",
    "ContrastLimitedAdaptiveHistogramEqualization": (
        "Evens out contrast tile by tile, with a limit that keeps noise small."
    ),
    "Conv1D": "Slides learned filters along time and takes a weighted sum at each place.",
    "Conv1DTranspose": "Spreads each time step over a learned window, so that a sequence can grow.",
    "Conv2DTranspose": "Spreads each pixel over a learned window, so that a picture can grow.",
    "Conv3D": "Moves learned filters through a volume and takes a weighted sum at each place.",
    "Conv3DTranspose": "Spreads each cell of a volume over a learned box, so that the volume can grow.",
    "ConvLSTM1D": "An LSTM over sequences of rows, with convolutions in place of matrix products.",
    "ConvLSTM2D": "An LSTM over sequences of pictures, with convolutions in place of matrix products.",
    "ConvLSTM3D": "An LSTM over sequences of volumes, with convolutions in place of matrix products.",
    "Cropping1D": "Removes steps from the start and the end of a sequence.",
    "Cropping2D": "Removes rows and columns from the edges of a picture.",
    "Cropping3D": "Removes slices from all sides of a volume.",
    "CutMix": "Pastes a rectangle of one picture of the batch into another.",
    "DepthwiseConv1D": "Slides filters along time, each over a single channel, without mixing channels.",
    "DepthwiseConv2D": "Slides filters over a picture, each over a single channel, without mixing channels.",
    "Discretization": "Replaces each number by the number of the bin that it falls into.",
    "Dot": "Multiplies two inputs along an axis and sums the products, sample by sample.",
    "Dropout": "Sets random values to zero in training and scales up the rest.",
    "ELU": "Keeps positive values and bends negative ones smoothly towards a lower limit.",
    "EinsumDense": "A dense layer whose product of input and kernel you write as an equation of axes.",
    "Equalization": "Spreads the values of each channel evenly over the value range.",
    "GRU": "Reads a sequence step by step; two gates decide what its state keeps and renews.",
    "GRUCell": "One time step of a GRU: two gates decide what the state keeps and renews.",
    "GaussianDropout": "Multiplies values by random factors around 1 in training.",
    "GaussianNoise": "Adds a random number around 0 to every value in training.",
    "GlobalAveragePooling1D": "Averages each feature over all time steps.",
    "GlobalAveragePooling2D": "Averages each channel over the whole picture.",
    "GlobalAveragePooling3D": "Averages each channel over the whole volume.",
    "GlobalMaxPooling1D": "Keeps the largest value of each feature over all time steps.",
    "GlobalMaxPooling2D": "Keeps the largest value of each channel over the whole picture.",
    "GlobalMaxPooling3D": "Keeps the largest value of each channel over the whole volume.",
    "GroupNormalization": "Splits the channels into groups and normalizes each group of each sample by itself.",
    "GroupQueryAttention": "Multi-head attention in which several query heads share one key and value head.",
    "HashedCrossing": "Joins several features into one and hashes each combination into a bin.",
    "Hashing": "Hashes words or numbers into a fixed number of bins, without a vocabulary.",
    "Identity": "Hands its input on unchanged.",
    "IntegerLookup": "Replaces whole numbers by their positions in a vocabulary.",
    "LSTMCell": "One time step of an LSTM: three gates renew its memory and its output.",
    "Lambda": "Makes a layer of a function that you choose.",
    "LayerNormalization": "Brings each sample's features to mean 0 and variance 1, then scales and shifts them.",
    "LeakyReLU": "Keeps positive values and multiplies negative ones by a small slope.",
    "Masking": "Marks the time steps to skip: those in which every feature has one given value.",
    "MaxNumBoundingBoxes": "Cuts or pads bounding boxes to a fixed number; the picture stays as it is.",
    "MaxPooling1D": "Slides a window along time and keeps the largest value of each window.",
    "MaxPooling3D": "Slides a box through a volume and keeps the largest value of each box.",
    "Maximum": "Keeps the largest of its inputs, cell by cell.",
    "MelSpectrogram": "Turns sound into a picture: loudness by time and by pitch on the mel scale.",
    "Minimum": "Keeps the smallest of its inputs, cell by cell.",
    "MixUp": "Blends each picture of the batch with another one.",
    "MultiHeadAttention": "Runs several attention heads side by side and combines their results.",
    "Multiply": "Multiplies its inputs, cell by cell.",
    "Normalization": "Subtracts a fixed mean and divides by a fixed standard deviation.",
    "PReLU": "Keeps positive values and multiplies negative ones by a learned slope.",
    "Permute": "Puts the axes of each sample into another order.",
    "Pipeline": "Runs a list of layers one after the other.",
    "RMSNormalization": "Divides each sample's features by their root mean square, then scales them.",
    "RNN": "Runs a recurrent cell of your choice over a sequence, step by step.",
    "RandAugment": "Changes pictures by a few randomly chosen operations, one after the other.",
    "RandomBrightness": "Makes pictures brighter or darker by a random amount in training.",
    "RandomColorDegeneration": "Makes the colours of pictures duller or stronger by a random amount in training.",
    "RandomColorJitter": "Changes brightness, contrast, saturation and hue by random amounts in training.",
    "RandomContrast": "Multiplies the contrast of each picture by a random factor in training.",
    "RandomCrop": "Cuts a window of fixed size out of pictures at a random place in training.",
    "RandomElasticTransform": "Warps pictures with a smooth random distortion in training.",
    "RandomErasing": "Covers a random rectangle of each picture with noise or with one value in training.",
    "RandomFlip": "Mirrors pictures at random, left to right or top to bottom, in training.",
    "RandomGaussianBlur": "Blurs pictures by a random amount in training.",
    "RandomGrayscale": "Takes the colour out of randomly chosen pictures in training.",
    "RandomHue": "Shifts the colours of pictures around the colour circle at random in training.",
    "RandomInvert": "Turns randomly chosen pictures into their negatives in training.",
    "RandomPerspective": "Moves the corners of pictures in training, as if they were seen at a random angle.",
    "RandomPosterization": "Keeps only a few bits of each colour in training, so that close shades become one.",
    "RandomRotation": "Turns pictures around their centre by a random angle in training.",
    "RandomSaturation": "Makes the colours of pictures paler or more vivid at random in training.",
    "RandomSharpness": "Blurs or sharpens pictures by a random amount in training.",
    "RandomShear": "Slants pictures sideways and up or down by random amounts in training.",
    "RandomTranslation": "Shifts pictures sideways and up or down by random amounts in training.",
    "RandomZoom": "Makes pictures larger or smaller within their frame at random in training.",
    "ReLU": "Keeps positive values and sets negative ones to zero.",
    "RepeatVector": "Repeats one vector as the steps of a new sequence.",
    "Rescaling": "Multiplies every value by a scale and adds an offset.",
    "Reshape": "Puts the values of each sample into another shape, in the same order.",
    "Resizing": "Scales pictures to a fixed height and width.",
    "ReversibleEmbedding": "Looks up a vector for each token, and can turn vectors back into token scores.",
    "STFTSpectrogram": "Cuts a signal into frames and shows which frequencies each frame holds.",
    "SeparableConv1D": "Filters each channel along time by itself, then mixes the channels at every step.",
    "SeparableConv2D": "Filters each channel of a picture by itself, then mixes the channels at every pixel.",
    "SimpleRNNCell": "One time step of a simple RNN: makes the new state from the input and the old state.",
    "Softmax": "Turns scores into shares between 0 and 1 that add up to 1.",
    "Solarization": "Inverts the pixels from a threshold upwards in training.",
    "SpatialDropout1D": "Drops randomly chosen features over all time steps in training.",
    "SpatialDropout2D": "Drops randomly chosen channels of a picture as a whole in training.",
    "SpatialDropout3D": "Drops randomly chosen channels of a volume as a whole in training.",
    "SpectralNormalization": "Divides the kernel of a layer by its largest singular value in training.",
    "StackedRNNCells": "Stacks recurrent cells into one: each cell's output is the next one's input.",
    "StringLookup": "Replaces words by their positions in a vocabulary.",
    "Subtract": "Subtracts the second input from the first, cell by cell.",
    "TextVectorization": "Splits text into words and replaces them by their positions in a vocabulary.",
    "TimeDistributed": "Applies the same layer to each time step by itself.",
    "UnitNormalization": "Scales each vector along an axis to length 1.",
    "UpSampling1D": "Repeats every time step, so that the sequence grows.",
    "UpSampling2D": "Repeats or interpolates pixels, so that the picture grows.",
    "UpSampling3D": "Repeats cells along depth, height and width, so that the volume grows.",
    "ZeroPadding1D": "Adds steps of zeros before and after a sequence.",
    "ZeroPadding2D": "Adds a border of zeros around a picture.",
    "ZeroPadding3D": "Adds a border of zeros around a volume.",
}
"""One sentence for each public class, by the name that its card has."""


def help_of(layer: str, argument: str) -> str:
    """What an argument of a layer means, "" if it is not known here.

    Args:
        layer: the public name of the class, such as "Conv1D".
        argument: the argument's name in the constructor.
    """
    return HELP.get(f"{layer}.{argument}") or HELP.get(argument, "")


AXES = (
    "cell", "columns", "depth", "h and c", "head", "ids", "multiplier", "query", "rows", "samples", "sentences",
    "slice", "value", "words",
)  # fmt: skip
"""Axis names that no card of ours uses: on derived cards, and in what is left of a large tensor."""
