"""Flott: runs PyFlink programs without a JVM.

The package mirrors ``pyflink`` module for module: ``from pyflink.datastream import …`` becomes
``from flott.datastream import …``.
"""
