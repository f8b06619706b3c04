#!/usr/bin/env python3
"""What it costs to ask whether a session lives, beside peers that packages bring, in one run on one machine.

    peers.py [--rounds N] [--seconds N] [--connections N] [--only NAME,...] VESTIBULE

VESTIBULE is the program, of a release build. Needs Node, wrk and redis-server (Debian packages nodejs, wrk, redis-server). The peers
are npm packages of the versions of peers/package-lock.json, and Glewlwyd of Debian, installed once into the cache of this user; what each
is asked is in peers/subjects.py. Each server, with the store that it needs beside, answers on the first core, the load comes from the last. They take turns,
round by round; what is compared is the median of the rounds' ratios. Before anything is measured each is shown a credential that is
good, one that is not, and one whose session has just been ended.
"""

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
from serving import Request, installed, program  # noqa: E402
from subjects import END, SUBJECTS, subjects  # noqa: E402


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--seconds", type=int, default=4)
    arguments.add_argument("--connections", type=int, default=64)
    arguments.add_argument("--only", type=lambda text: text.split(","), help="of " + ", ".join(SUBJECTS))
    arguments.add_argument("vestibule", type=Path)
    asked = arguments.parse_args()
    modules = installed()
    cores = sorted(os.sched_getaffinity(0))
    chosen = subjects(asked.vestibule.resolve(), modules, asked.only)
    with tempfile.TemporaryDirectory() as folder:
        try:
            for subject in chosen:
                subject.start(Path(folder) / subject.name, str(cores[0]))
                expect_what_it_is_called(subject)
                subject.signal(signal.SIGSTOP)
            rounds = [one_round(asked, chosen, Path(folder), str(cores[-1])) for _ in range(asked.rounds + 1)]
            # The first is for caches and connections.
            tell(chosen, rounds[1:], asked)
        finally:
            for program in (program for subject in chosen for program in subject.programs):
                program.kill()
                program.wait()


def one_round(asked, chosen, folder, core):
    figures = {}
    for subject in chosen:
        # Whose turn it is not computes nothing.
        subject.signal(signal.SIGCONT)
        before = subject.processor_seconds()
        requests, rate = load(subject, asked, folder, core)
        used = subject.processor_seconds() - before
        figures[subject.name] = (rate, used / requests * 1e6, subject.resident_bytes() / 2**20)
        subject.signal(signal.SIGSTOP)
    return figures


def load(subject, asked, folder, core):
    """How many were answered, and how many in a second."""
    script = folder / f"{subject.name}.lua"
    script.write_text(subject.request.script())
    wrk = ["taskset", "-c", core, program("wrk"), "-t1", f"-c{asked.connections}", f"-d{asked.seconds}s", "-s", script]
    said = subprocess.run([*wrk, f"http://{subject.address}/"], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(f"{subject.name}: not every request was answered 200:\n{said}")
    return int(re.search(r"(\d+) requests in", said)[1]), float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])


def tell(chosen, rounds, asked):
    print(f"{asked.connections} connections, {asked.rounds} rounds of {asked.seconds} s; medians\n")
    print("| asked | per second | CPU µs | MiB | CPU / Vestibule's | per second, Vestibule's / its | ended at the next |")
    print("|---|---|---|---|---|---|---|")
    for subject in chosen:
        rate, cpu, memory = (statistics.median(one[subject.name][index] for one in rounds) for index in range(3))
        cpus, rates = "", ""
        if subject.beside:
            cpus = spread([one[subject.name][1] / one[subject.beside][1] for one in rounds])
            rates = spread([one[subject.beside][0] / one[subject.name][0] for one in rounds])
        ended = "yes" if subject.is_ended_at_once else "**no**"
        print(f"| {subject.what} | {rate:,.0f} | {cpu:,.1f} | {memory:,.0f} | {cpus} | {rates} | {ended} |")
    print(f"\nload of the machine in the last minute: {os.getloadavg()[0]:.1f}")


def spread(values):
    return f"{statistics.median(values):.1f} ({min(values):.1f}-{max(values):.1f})"


def expect_what_it_is_called(subject):
    """What is measured has to be what it is called; and whether a session that was ended is refused when it is shown next."""
    live = subject.request
    ended = subject.prepare(subject)
    assert live.ask(subject.address) and ended.ask(subject.address), f"{subject.name} refuses a session that lives"
    assert not Request(live.method, live.path, strangers(live), strangers_body(live), live.lives).ask(subject.address), subject.name
    END[subject.name](subject, ended)
    subject.is_ended_at_once = not ended.ask(subject.address)
    assert live.ask(subject.address), f"{subject.name} ended another session too"


def strangers(request):
    """The headers with credentials of nobody; who asks an introspection stays who they are."""
    if request.body:
        return request.headers
    return {name: re.sub(r"[0-9A-Za-z]{12}", "0123456789ab", value, count=1) for name, value in request.headers.items()}


def strangers_body(request):
    return request.body and urlencode({"token": "f" * 64})


if __name__ == "__main__":
    main()
