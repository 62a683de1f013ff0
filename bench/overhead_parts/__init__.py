"""The parts of bench/overhead: what is measured, how, and what it is held to."""
