"""Tests of the whole of LinkTime."""
