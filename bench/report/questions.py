# SPDX-License-Identifier: BSD-3-Clause
"""What the benchmarks are asked, and what counts as a good answer."""

MI = 1 << 20


def answers(results):
    """(question, measured, aim, whether met or None) for each."""
    path = lambda name: results.get("path", name)  # noqa: E731
    table = lambda name: results.get("table", name)  # noqa: E731
    rows = [
        _fast("SYNs answered a second by one core", results.get("path", "syn_answered/linux",
                                                                "items_per_second")),
        _most("SYN answered, of its floor", path("syn_answered/linux"), path("floor/touch/syn"), 3),
        _most("SYN without options answered, of its floor", path("syn_answered/bare"),
              path("floor/touch/syn"), 3),
        _most("Data unspliced, of its floor", path("data/unspliced"), path("floor/touch/data"), 2.5),
        _most("Data spliced, of its floor", path("data/spliced"), path("floor/touch/data"), 3),
    ]
    for kind in ("unspliced", "spliced"):
        rows.append(
            _most(f"Data {kind} with 16 Mi flows, of the same with 1 Mi",
                  results.get("path-16Mi", f"data/{kind}"), path(f"data/{kind}"), 1.3)
        )
    rows.append(
        _most("ACK without a flow, of the floor", path("ack_flood"), path("floor/touch/syn"), 2.5)
    )
    for table_name, filled in (("synward", "85 % of its capacity taken"),
                               ("synward_full", "all of it taken, 90 % of its index")):
        for what in ("hit", "miss"):
            rows.append(
                _least(f"Table {what} at 16 Mi, {filled}: rate against rte_hash's at 85 %",
                       table(f"rte_hash/{what}/flows:{16 * MI}"),
                       table(f"{table_name}/{what}/flows:{16 * MI}"), 2)
            )
        size = results.get("table", f"{table_name}/hit/flows:{16 * MI}", "bytes")
        rows.append((f"Bytes a flow, {filled}", _said(size, ""), "at most 70",
                     None if size is None else size <= 70))
    rows.append(
        _least("Cookie MAC, rate against crypto_shorthash's",
               results.get("mac", "siphash_by_sodium<Cookies>"),
               results.get("mac", "aes_cookie_mac_batch/64"), 4)
    )
    subjects = results.files.get("synproxy", {}).get("subjects", {})
    ratios = [median["times_kernel"] for median in subjects.values() if "times_kernel" in median]
    best = max(ratios, default=None)
    rows.append(("SYN-ACKs a CPU second over veth, against the kernel's", _said(best, "x"),
                 "at least 3", None if best is None else best >= 3))
    for name in ("syn_answered/linux", "data/spliced"):
        one = results.get("workers-1", name, "items_per_second")
        two = results.get("workers-2", name, "items_per_second")
        rows.append(_least(f"Two workers against one: {name}", two, one, 1.9))
        apart = [results.get(f"apart-{core}", name, "items_per_second") for core in (0, 1)]
        ratio = _ratio(sum(apart), one) if all(apart) else None
        rows.append((f"Two processes that share nothing against one worker: {name}",
                     _said(ratio, "x"), "what the machine gives", None))
    return rows


def _fast(question, rate):
    """100GbE of minimum frames on six cores."""
    least = 100e9 / 8 / (64 + 20) / 6
    return (question, "-" if rate is None else f"{rate / 1e6:.1f} million",
            f"at least {least / 1e6:.1f} million", None if rate is None else rate >= least)


def _ratio(above, below):
    return above / below if above and below else None


def _said(value, unit):
    return "-" if value is None else f"{value:.2f}{unit}"


def _most(question, cost, floor, most):
    ratio = _ratio(cost, floor)
    return (question, _said(ratio, "x"), f"at most {most}", None if ratio is None else ratio <= most)


def _least(question, above, below, least):
    ratio = _ratio(above, below)
    return (question, _said(ratio, "x"), f"at least {least}",
            None if ratio is None else ratio >= least)
