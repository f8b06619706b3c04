//! The text format of Prometheus (version 0.0.4), made from that of `OpenMetrics`: they differ in the place of a counter's
//! suffix, and it has neither units, nor infos, nor an end marker.

/// A scrape in the text format.
pub(super) fn from_open_metrics(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut help = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ');
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            let (suffix, kind) = in_text_format(kind);
            if let Some((_, help)) = help.take() {
                push(&mut out, &["# HELP ", name, suffix, " ", help]);
            }
            push(&mut out, &["# TYPE ", name, suffix, " ", kind]);
        } else if !line.starts_with('#') {
            push(&mut out, &[line]);
        }
    }
    out
}

/// What a family of this kind ends in there, and what its kind is called.
fn in_text_format(kind: &str) -> (&'static str, &str) {
    match kind {
        "counter" => ("_total", kind),
        "info" => ("_info", "gauge"),
        "unknown" => ("", "untyped"),
        other => ("", other),
    }
}

fn push(out: &mut String, parts: &[&str]) {
    out.extend(parts.iter().copied());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_and_an_info_are_named_as_their_samples() {
        let open = "# HELP hashes Passwords hashed.\n# TYPE hashes counter\nhashes_total 3\n\
            # HELP build The program.\n# TYPE build info\nbuild_info{version=\"1\"} 1\n# EOF\n";
        let expected = "# HELP hashes_total Passwords hashed.\n# TYPE hashes_total counter\nhashes_total 3\n\
            # HELP build_info The program.\n# TYPE build_info gauge\nbuild_info{version=\"1\"} 1\n";
        assert_eq!(from_open_metrics(open), expected);
    }

    #[test]
    fn units_are_left_out_and_everything_else_is_as_it_was() {
        let open = "# HELP took_seconds Time.\n# TYPE took_seconds histogram\n# UNIT took_seconds seconds\n\
            took_seconds_sum{route=\"# TYPE\"} 0.5\ntook_seconds_bucket{le=\"+Inf\",route=\"# TYPE\"} 1\n# EOF\n";
        let expected = "# HELP took_seconds Time.\n# TYPE took_seconds histogram\n\
            took_seconds_sum{route=\"# TYPE\"} 0.5\ntook_seconds_bucket{le=\"+Inf\",route=\"# TYPE\"} 1\n";
        assert_eq!(from_open_metrics(open), expected);
    }
}
