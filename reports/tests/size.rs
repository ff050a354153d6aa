//! How large a page becomes: it is kept, sent and opened from disk.

#[path = "../examples/synthetic_run/records.rs"]
mod records;

use poolproof_reports::html;
use poolproof_reports::run::Run;

#[test]
fn a_page_of_twenty_subjects_and_full_sweeps_stays_below_two_megabytes() {
    let home = tempfile::tempdir().expect("a directory");
    records::write(home.path(), 20, 200, 2_000).expect("the records can be written");
    let run = Run::read(home.path()).expect("they can be read");
    // All that there is to show is there.
    assert_eq!((run.verdicts.len(), run.subjects.len()), (4_000, 20));
    let of_first = run.cells.iter().filter(|cell| cell.subject == run.subjects[0].subject).count();
    assert!(run.cells.len() == 20 * of_first && of_first > 80, "{of_first} figures of each subject");
    let page = html::page(&run);
    for part in ["id=\"scorecard\"", "id=\"by-requirement\"", "id=\"profile\"", "plot-performance-profile"] {
        assert!(page.contains(part), "{part} is missing");
    }
    assert!(page.len() < 2_000_000, "the page has {} bytes", page.len());
}
