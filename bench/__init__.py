"""Benchmarks: each speed beside a reference in the same run, since machines differ and are noisy."""
