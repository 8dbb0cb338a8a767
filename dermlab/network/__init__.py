"""The learner: pixels in, a fine-tuned Inception v3, probabilities and features out."""
