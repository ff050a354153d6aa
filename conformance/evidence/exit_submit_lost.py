"""A task submitted while the program ends is accepted and never runs (threads, 3.6)."""
import concurrent.futures
import subprocess
import sys
import time

executor = concurrent.futures.ThreadPoolExecutor(1)


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def submit_late():
    # By then the main thread has nothing left to do, and the program waits for this task.
    time.sleep(2)
    try:
        executor.submit(say, "ran")
        say("accepted")
    except RuntimeError:
        say("refused")


if __name__ == "__main__":
    if sys.argv[1:] == ["program"]:
        executor.submit(submit_late)
    else:
        said = subprocess.check_output([sys.executable, __file__, "program"]).decode().split()
        print("defect: accepted, and never ran" if said == ["accepted"] else "sound: %s" % " and ".join(said))
