//! Group letters: who cannot be told apart.

use super::{Better, Quantity};

/// The letters of each figure: two figures share one exactly where their intervals overlap, and
/// `a` is the best group. A figure that is not finite has none.
///
/// The groups are the largest sets of intervals that all overlap. Along the axis they follow each
/// other, and each interval lies in neighbouring ones; so a wide interval gets `a–d`, not `abcd`.
pub(crate) fn letters(figures: &[Quantity], better: Better) -> Vec<String> {
    let groups = groups(figures);
    let name = |group: usize| {
        let place = if better == Better::Higher { groups.len() - 1 - group } else { group };
        letter(place)
    };
    let mut memberships: Vec<Vec<usize>> = vec![Vec::new(); figures.len()];
    for (group, members) in groups.iter().enumerate() {
        members.iter().for_each(|member| memberships[*member].push(group));
    }
    memberships
        .into_iter()
        .map(|mut of| {
            if better == Better::Higher {
                of.reverse();
            }
            match of[..] {
                [] => String::new(),
                [only] => name(only),
                [first, second] => name(first) + &name(second),
                [first, .., last] => format!("{}–{}", name(first), name(last)),
            }
        })
        .collect()
}

/// The largest sets of intervals that all overlap, along the axis.
fn groups(figures: &[Quantity]) -> Vec<Vec<usize>> {
    // An interval begins before one ends at the same place: they touch, and cannot be told apart.
    let mut ends: Vec<(f64, bool, usize)> = Vec::new();
    for (number, figure) in figures.iter().enumerate() {
        if figure.low.is_finite() && figure.high.is_finite() && figure.low <= figure.high {
            ends.extend([(figure.low, false, number), (figure.high, true, number)]);
        }
    }
    ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let (mut open, mut grown, mut groups) = (Vec::new(), false, Vec::new());
    for (_, is_end, number) in ends {
        if !is_end {
            open.push(number);
            grown = true;
            continue;
        }
        if grown {
            groups.push(open.clone());
            grown = false;
        }
        open.retain(|other| *other != number);
    }
    groups
}

/// `a` to `z`, then `a2` to `z2`, and so on.
fn letter(place: usize) -> String {
    let letter = char::from(b'a' + (place % 26) as u8);
    if place < 26 { letter.to_string() } else { format!("{letter}{}", place / 26 + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(intervals: &[(f64, f64)]) -> Vec<Quantity> {
        let of = |&(low, high): &(f64, f64)| Quantity { value: f64::midpoint(low, high), low, high, unit: "s".into() };
        intervals.iter().map(of).collect()
    }

    #[test]
    fn a_letter_is_shared_exactly_where_intervals_overlap() {
        let intervals = [(1.0, 2.0), (1.5, 3.5), (3.0, 4.0), (9.0, 9.5), (0.5, 1.7), (2.0, 2.5)];
        let all = figures(&intervals);
        let given = letters(&all, Better::Lower);
        assert_eq!(given, ["ab", "a–c", "c", "d", "a", "b"]);
        assert_eq!(letters(&all, Better::Higher), ["cd", "b–d", "b", "a", "d", "c"]);
    }

    #[test]
    fn one_figure_is_a_group_and_none_has_no_letter() {
        assert_eq!(letters(&figures(&[(1.0, 2.0)]), Better::Higher), ["a"]);
        assert_eq!(letters(&figures(&[(f64::NAN, 2.0), (1.0, 1.0)]), Better::Lower), ["", "a"]);
        let many: Vec<_> = (0..60).map(|n| (f64::from(n), f64::from(n) + 0.5)).collect();
        let given = letters(&figures(&many), Better::Lower);
        assert_eq!((given[25].as_str(), given[26].as_str(), given[59].as_str()), ("z", "a2", "h3"));
    }
}
