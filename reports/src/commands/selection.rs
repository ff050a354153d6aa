//! Which requirements `--only` means.

use super::Failure;
use poolproof_conformance::{Area, Requirement, find, nearest, requirements};

/// The requirements with these ids or in these areas, in the order of the contract; all of them if
/// nothing is named.
pub(super) fn select(only: &[String]) -> Result<Vec<&'static Requirement>, Failure> {
    let mut wanted: Vec<&str> = Vec::new();
    for name in only.iter().flat_map(|names| names.split(',')).map(str::trim) {
        if let Some(requirement) = find(name) {
            wanted.push(requirement.id);
        } else if let Some(area) = area(name) {
            wanted.extend(requirements().iter().filter(|known| known.area == area).map(|known| known.id));
        } else {
            return Err(unknown(name));
        }
    }
    Ok(requirements().iter().copied().filter(|known| only.is_empty() || wanted.contains(&known.id)).collect())
}

/// An area by its code or by its title.
fn area(name: &str) -> Option<Area> {
    Area::ALL.into_iter().find(|area| area.code().eq_ignore_ascii_case(name) || area.title().eq_ignore_ascii_case(name))
}

/// What to say of a name that is neither.
pub(super) fn unknown(name: &str) -> Failure {
    if name.chars().any(|c| c.is_ascii_digit()) {
        let ids = nearest(name).join(", ");
        return Failure::usage(format!("unknown requirement `{name}`: the nearest are {ids}"));
    }
    let codes: Vec<_> = Area::ALL.iter().map(|area| area.code()).collect();
    Failure::usage(format!("`{name}` is neither a requirement nor an area: the areas are {}", codes.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_areas_select_in_the_order_of_the_contract() {
        let ids = |only: &[&str]| -> Vec<&str> {
            let only: Vec<_> = only.iter().map(|&name| name.to_owned()).collect();
            select(&only).expect("it is known").iter().map(|known| known.id).collect()
        };
        assert_eq!(ids(&[]).len(), requirements().len());
        assert_eq!(ids(&["map-001,SUB-001"]), ["SUB-001", "MAP-001"]);
        assert!(ids(&["map"]).iter().all(|id| id.starts_with("MAP-")) && ids(&["MAP"]).len() > 1);
    }

    #[test]
    fn unknown_names_are_answered_with_what_there_is() {
        let refusal = |name: &str| select(&[name.to_owned()]).expect_err("it is unknown").to_string();
        assert!(refusal("MAP-999").contains("MAP-0"), "{}", refusal("MAP-999"));
        assert!(refusal("MAPS").contains("SHUT"), "{}", refusal("MAPS"));
        assert!(refusal("").contains("neither"));
    }
}
