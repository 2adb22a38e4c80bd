#!/usr/bin/env python3
"""run.py --program LEGIBLE --certificates DIR [--matrix] [--jobs N] [ID...]: scenarios with real peers.

--matrix plays the crossing of stacks and faults (matrix.py) instead of the chosen scenarios.
Exit status: 0 all right, 1 a verdict is wrong, 77 a peer is not installed.
"""

import argparse
import concurrent.futures
import sys

import harness
import intercept_faults
import intercept_scenarios
import intercept_witness
import matrix
import scenarios

RIGHT, WRONG, SKIPPED = 0, 1, 77


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program")
    arguments.add_argument("--certificates")
    arguments.add_argument("--list", action="store_true")
    arguments.add_argument("--matrix", action="store_true")
    arguments.add_argument("--jobs", type=int, default=1)
    arguments.add_argument("ids", nargs="*")
    options = arguments.parse_args()

    every = [*scenarios.ALL, *intercept_scenarios.ALL, *intercept_faults.ALL, *intercept_witness.ALL]
    if options.matrix:
        every = [*matrix.ALL, *intercept_scenarios.MATRIX, *intercept_faults.MATRIX]
    chosen = [each for each in every if not options.ids or each.id in options.ids]
    if options.list:
        print("\n".join(each.id for each in chosen))
        return 0
    if len(chosen) < len(options.ids) or not chosen:
        print("not every id is a scenario; see --list", file=sys.stderr)
        return 2

    def play(scenario: harness.Scenario) -> int:
        return report(scenario, options.program, options.certificates)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(play, chosen))
    return WRONG if WRONG in results else max(results)


def report(scenario: harness.Scenario, program: str, certificates: str) -> int:
    """Plays one scenario, prints its verdict, and returns the exit status."""
    try:
        result = scenario.play(program, certificates)
    except harness.Skipped as missing:
        print(f"{scenario.id}: skipped, {missing} is not installed")
        return SKIPPED
    wrong = f"  WRONG: {result.complaint}\n{result.details}" if result.complaint else ""
    print(f"{scenario.id}: {result.told}{wrong}", flush=True)
    return WRONG if result.complaint else RIGHT


if __name__ == "__main__":
    sys.exit(main())
