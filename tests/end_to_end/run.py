#!/usr/bin/env python3
"""run.py --program LEGIBLE --certificates DIR [ID...]: scenarios with real peers.

Exit status: 0 all right, 1 a verdict is wrong, 77 a peer is not installed.
"""

import argparse
import json
import sys

import harness
import scenarios

SKIPPED = 77


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program")
    arguments.add_argument("--certificates")
    arguments.add_argument("--list", action="store_true")
    arguments.add_argument("ids", nargs="*")
    options = arguments.parse_args()

    chosen = [each for each in scenarios.ALL if not options.ids or each.id in options.ids]
    if options.list:
        print("\n".join(each.id for each in chosen))
        return 0
    if len(chosen) < len(options.ids) or not chosen:
        print("not every id is a scenario; see --list", file=sys.stderr)
        return 2

    status = 0
    for scenario in chosen:
        try:
            verdict = harness.play(scenario, options.program, options.certificates)
        except harness.Skipped as missing:
            print(f"{scenario.id}: skipped, {missing} is not installed")
            status = status or SKIPPED
            continue
        complaint = scenario.expected.complaint(verdict)
        told = " / ".join(verdict[field] for field in
                          ("closer", "phase", "mechanism", "cause", "confidence"))
        print(f"{scenario.id}: {told}{'  WRONG: ' + complaint if complaint else ''}", flush=True)
        if complaint:
            print(json.dumps(verdict, indent=1, ensure_ascii=False))
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
