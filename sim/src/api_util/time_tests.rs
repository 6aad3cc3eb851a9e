use super::*;

#[test]
fn times_print_and_parse() {
    for (text, secs, canonical) in [
        ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00Z", 1_767_225_600, "2026-01-01T00:00:00Z"),
        ("2024-02-29T23:59:59Z", 1_709_251_199, "2024-02-29T23:59:59Z"),
        ("2000-03-01T00:00:00Z", 951_868_800, "2000-03-01T00:00:00Z"),
        ("1969-12-31T23:59:59Z", -1, "1969-12-31T23:59:59Z"),
        ("2026-01-01T08:00:00+08:00", 1_767_225_600, "2026-01-01T00:00:00Z"),
        ("2025-12-31t19:30:00.999-04:30", 1_767_225_600, "2026-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", 253_402_300_799, "9999-12-31T23:59:59Z"),
    ] {
        assert_eq!(Time::parse(text), Ok(Time(secs)), "{text}");
        assert_eq!(Time(secs).to_string(), canonical, "{text}");
    }
    assert_eq!(
        MicroTime::parse("2026-01-01T00:00:00.1234567Z").unwrap().to_string(),
        "2026-01-01T00:00:00.123456Z"
    );
    assert_eq!(MicroTime(-1).to_string(), "1969-12-31T23:59:59.999999Z");
    assert_eq!(MicroTime::from(Time(1)), MicroTime(1_000_000));
    assert_eq!(serde_json::to_string(&MicroTime(0)).unwrap(), "\"1970-01-01T00:00:00.000000Z\"");
    assert_eq!(serde_json::from_str::<Time>("\"1970-01-01T00:01:00Z\"").unwrap(), Time(60));
}

#[test]
fn times_that_are_none() {
    for text in [
        "",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01 00:00:00Z",
        "2026-1-01T00:00:00Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00+0800",
        "2026-01-01T00:00:00Zx",
    ] {
        assert_eq!(Time::parse(text), Err(TimeError::NotRfc3339(text.into())));
    }
    for (text, field) in [
        ("2026-13-01T00:00:00Z", "month"),
        ("2025-02-29T00:00:00Z", "day"),
        ("2026-01-00T00:00:00Z", "day"),
        ("2026-01-01T24:00:00Z", "hour"),
        ("2026-01-01T00:60:00Z", "minute"),
        ("2026-01-01T00:00:60Z", "second"),
        ("2026-01-01T00:00:00+24:00", "time zone offset"),
    ] {
        assert_eq!(Time::parse(text), Err(TimeError::OutOfRange(text.into(), field)));
    }
}

#[test]
fn human_durations_change_unit_where_upstream_does() {
    const H: i64 = 3600;
    for (secs, long, short) in [
        (-2, "<invalid>", "<invalid>"),
        (-1, "0s", "0s"),
        (0, "0s", "0s"),
        (59, "59s", "59s"),
        (95, "95s", "1m"),
        (119, "119s", "1m"),
        (120, "2m", "2m"),
        (192, "3m12s", "3m"),
        (599, "9m59s", "9m"),
        (600, "10m", "10m"),
        (3 * H - 1, "179m", "2h"),
        (3 * H, "3h", "3h"),
        (3 * H + 300, "3h5m", "3h"),
        (8 * H - 1, "7h59m", "7h"),
        (8 * H, "8h", "8h"),
        (24 * H, "24h", "1d"),
        (48 * H - 1, "47h", "1d"),
        (48 * H, "2d", "2d"),
        (51 * H, "2d3h", "2d"),
        (192 * H - 1, "7d23h", "7d"),
        (192 * H, "8d", "8d"),
        (24 * 365 * 2 * H - 1, "729d", "1y"),
        (24 * 365 * 2 * H, "2y", "2y"),
        (24 * (365 * 2 + 20) * H, "2y20d", "2y"),
        (24 * 365 * 8 * H - 1, "7y364d", "7y"),
        (24 * 365 * 8 * H, "8y", "8y"),
    ] {
        assert_eq!(human_duration(secs), long, "long of {secs}");
        assert_eq!(short_human_duration(secs), short, "short of {secs}");
    }
}

#[test]
fn go_durations() {
    for (text, ns) in [
        ("0", 0),
        ("+0", 0),
        ("-0s", 0),
        ("5s", 5_000_000_000),
        ("10m", 600_000_000_000),
        ("500ms", 500_000_000),
        ("1h2m3.5s", 3_723_500_000_000),
        (".5s", 500_000_000),
        ("1.s", 1_000_000_000),
        ("100us", 100_000),
        ("100µs", 100_000),
        ("7ns", 7),
        ("0.3333333333333333333h", 1_199_999_999_999),
        ("9223372036854775807ns", i64::MAX as u64),
    ] {
        assert_eq!(parse_duration(text), Ok(ns), "{text}");
    }
    for (text, message) in [
        ("", "time: invalid duration \"\""),
        ("3", "time: missing unit in duration \"3\""),
        ("1h3", "time: missing unit in duration \"1h3\""),
        ("s", "time: invalid duration \"s\""),
        (".", "time: invalid duration \".\""),
        ("1d", "time: unknown unit \"d\" in duration \"1d\""),
        ("1 s", "time: unknown unit \" s\" in duration \"1 s\""),
        ("9223372036854775808ns", "time: invalid duration \"9223372036854775808ns\""),
        ("3000000h", "time: invalid duration \"3000000h\""),
        ("-1s", "time: negative duration \"-1s\""),
    ] {
        assert_eq!(parse_duration(text).unwrap_err().to_string(), message);
    }
}

#[test]
fn nanoseconds_for_people() {
    for (ns, want) in [
        (0, "0s"),
        (850, "850ns"),
        (1_500, "1.5µs"),
        (1_050_000, "1.05ms"),
        (1_000_000_000, "1s"),
        (83_400_000_000, "1m23.4s"),
        (60_000_000_000, "1m"),
        (3_600_000_000_000, "1h"),
        (7_205_000_000_000, "2h0m5s"),
        (7_500_000_000_000, "2h5m"),
    ] {
        assert_eq!(format_ns(ns), want);
        assert_eq!(parse_duration(want), Ok(ns));
    }
}
