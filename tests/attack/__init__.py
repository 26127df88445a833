"""Attacks on the real server, on this computer and bounded in number and time: python -m tests.attack

Each part is a function of a Target and of how much of it is wanted. It returns rows for a table: (what, figure, is
good).
"""
