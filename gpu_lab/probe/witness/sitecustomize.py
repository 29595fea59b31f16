"""A witness inside a watched Python process: says at its end what it did with CUDA.

Python imports it by itself when this directory is on PYTHONPATH. It imports nothing of ours,
calls no CUDA function that could initialise CUDA, and steps aside for another sitecustomize.
"""

import atexit
import ctypes
import json
import os
import sys

_NOT_INITIALIZED = 3
_FILE = os.environ.get("TOUCHBASE_CONTEXT_WITNESS")  # noqa: TID251 -- in a stranger's process


def _cuda() -> "ctypes.CDLL | None":
    try:
        # Only a library that is loaded already: a witness must not bring CUDA in.
        return ctypes.CDLL("libcuda.so.1", mode=os.RTLD_NOLOAD | os.RTLD_NOW)
    except OSError:
        return None


def _active_contexts(cuda: ctypes.CDLL, count: int) -> "list[int]":
    active = []
    for device in range(count):
        flags, state = ctypes.c_uint(0), ctypes.c_int(0)
        refused = cuda.cuDevicePrimaryCtxGetState(device, ctypes.byref(flags), ctypes.byref(state))
        if not refused and state.value:
            active.append(device)
    return active


def _torch_says() -> "bool | None":
    torch = sys.modules.get("torch")
    ask = getattr(getattr(torch, "cuda", None), "is_initialized", None)
    return None if ask is None else bool(ask())


def _say(event: str) -> None:
    line: dict[str, object] = {"pid": os.getpid(), "event": event}
    cuda = _cuda()
    line["library_loaded"] = cuda is not None
    if cuda is not None:
        count = ctypes.c_int(0)
        # Without cuInit every call says so, and changes nothing.
        code = cuda.cuDeviceGetCount(ctypes.byref(count))
        line["initialised"] = code != _NOT_INITIALIZED
        line["active_contexts"] = _active_contexts(cuda, count.value) if code == 0 else []
    line["torch_initialised"] = _torch_says()
    # One short write in append mode stays whole beside those of other processes.
    with open(str(_FILE), "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _step_aside() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    own = sys.modules.pop(__name__)
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    try:
        __import__(__name__)
    except ModuleNotFoundError as absent:
        if absent.name != __name__:
            raise
    finally:
        sys.modules.setdefault(__name__, own)


if _FILE:
    _say("start")
    atexit.register(_say, "end")
    os.register_at_fork(before=lambda: _say("fork"))
if __name__ == "sitecustomize":
    _step_aside()
