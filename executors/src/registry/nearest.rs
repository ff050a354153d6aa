//! Names that are spelt alike.

/// Up to three of `names` that are close enough to `wanted` to be what was meant, nearest first.
pub(super) fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut close: Vec<_> = names
        .into_iter()
        .map(|name| (distance(wanted, name), name))
        .filter(|&(distance, name)| distance <= name.chars().count().div_ceil(3))
        .collect();
    close.sort_by_key(|&(distance, _)| distance);
    close.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

/// How many letters must be inserted, removed, replaced or swapped with their neighbour to turn
/// one word into the other.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows = vec![(0..=to.len()).collect::<Vec<_>>()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let replace = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut best = replace.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_slip_counts_once() {
        assert_eq!(distance("thread", "thread"), 0);
        assert_eq!(distance("thred", "thread"), 1);
        assert_eq!(distance("threadd", "thread"), 1);
        assert_eq!(distance("throad", "thread"), 1);
        assert_eq!(distance("thraed", "thread"), 1);
        assert_eq!(distance("", "gil"), 3);
    }

    #[test]
    fn the_nearest_come_first_and_strangers_not_at_all() {
        let names = ["rayon", "thread", "threadpool", "gil"];
        assert_eq!(nearest("threadpol", names), ["threadpool"]);
        assert_eq!(nearest("raion", names), ["rayon"]);
        assert!(nearest("elephant", names).is_empty());
    }
}
