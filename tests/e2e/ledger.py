"""ledger - holds the records of a store against what the callers of a crowd saw"""
import datetime

from lab import say

EPSILON_S = 0.15  # between the clocks' readings of a busy machine


def seconds_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def check_times(tests, ended, rows):
    off, marked = [], []
    for key, dialog in ended.items():
        for row in rows.get(key, []):
            if row["anomaly"]:
                marked.append((key, row["anomaly"]))
            if row["status"] != "answered" or row["end_source"] != "caller" or not row["answer_time"]:
                off.append((key, row["status"], row["end_source"]))
                continue
            answer, end = seconds_of(row["answer_time"]), seconds_of(row["end_time"])
            if not dialog.call.begun - EPSILON_S < answer < dialog.answered + EPSILON_S:
                off.append((key, "answer", answer - dialog.answered))
            if not dialog.bye - EPSILON_S < end < dialog.ended + EPSILON_S:
                off.append((key, "end", end - dialog.bye, end - dialog.ended))
    tests.check(not off, "each answer and end is when the caller saw it", f"{len(off)} are not: {off[:4]}")
    tests.check(not marked, "none is marked as odd", str(marked[:3]))


def check_records(tests, records, crowd, least):
    """The answered calls of the crowd, at least so many, and nothing else are on record with a duration, once each."""
    rows = {}
    for row in records:
        rows.setdefault((row["call_id"], row["to_tag"]), []).append(row)
    dialogs = {(call.call_id.decode(), tag.decode()): dialog for call in crowd.calls.values() for tag, dialog in call.dialogs.items()}
    ended = {key: dialog for key, dialog in dialogs.items() if dialog.ended}
    refused = sum(1 for call in crowd.calls.values() if call.final)
    silent = sum(1 for call in crowd.calls.values() if not call.final and not call.dialogs)
    say(f"      {len(crowd.calls)} calls: {len(dialogs)} dialogs answered, {refused} refused, {silent} without an answer; {len(records)} records")
    tests.check(len(ended) == len(dialogs), "every answered call was ended", f"{len(dialogs) - len(ended)} were not")
    tests.check(len(dialogs) > least, "most calls were answered", str(len(dialogs)))
    missing = [key for key in ended if key not in rows]
    tests.check(not missing, "every call that was answered is on record", f"{len(missing)} are not: {missing[:3]}")
    doubled = [key for key, same in rows.items() if len(same) > 1]
    tests.check(not doubled, "none is doubled", str(doubled[:3]))
    billable = {key for key, same in rows.items() for row in same if row["duration_us"] and int(row["duration_us"]) > 0}
    tests.check(billable == set(ended), "records with a duration = calls as the callers counted them",
                f"{len(billable)} and {len(ended)}; too many {sorted(billable - set(ended))[:3]}, too few {sorted(set(ended) - billable)[:3]}")
    check_times(tests, ended, rows)
