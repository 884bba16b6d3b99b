//! Frames of real gateways, cut down to what matters.
