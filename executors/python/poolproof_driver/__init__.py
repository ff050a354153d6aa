"""The Python driver: lets Poolproof reach executors that are written in Python.

It speaks the protocol of executors/PROTOCOL.md and needs nothing but the standard library of
Python 3.6 or later. Everything that travels to a worker is defined at the top of a module of this
package, so that workers in other processes find it by name.
"""

PROTOCOL = 1
