//! The mutants as a document.

use super::{MutantsResult, Mutation};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What became of the mutants, in Markdown.
#[must_use]
pub fn mutants_markdown(result: &MutantsResult) -> String {
    let mut text = String::from(
        "# Mutants of the checks\n\n\
         Each assertion of the checks is made wrong in turn, and the executors of the self-test must notice. An \
         *inverted* assertion fails where it should pass and passes where it should fail: a sound executor must be \
         accused, or one that is broken or lies get away. A *dropped* one is not there: the check must no longer \
         catch a broken executor that it catches otherwise (twice, and with the assertion once more in between), or no longer catch a *liar*, a sound \
         executor that gives one wrong answer, or accuse a sound executor because it no longer waits. A mutant that nobody notices survives. Calls that only make the executor do something are steps, not \
         assertions; what can only fail cannot be inverted.\n\n\
         `poolproof self-test --mutants --format markdown` writes this page.\n\n",
    );
    let (inverted, of_inverted) = result.noticed(Mutation::Inverted);
    let (dropped, of_dropped) = result.noticed(Mutation::Dropped);
    let _ = writeln!(
        text,
        "**{:.1} % of {} mutants are noticed**: {inverted} of {of_inverted} inverted, {dropped} of {of_dropped} \
         dropped. It took {:.0} minutes.\n",
        result.rate() * 100.0,
        result.mutants.len(),
        (result.elapsed.as_secs_f64() / 60.0).ceil()
    );
    let noticed = || result.mutants.iter().filter_map(|mutant| mutant.noticed.as_deref());
    let liars = noticed().filter(|by| by.starts_with("broken:lies/")).count();
    let sound = noticed().filter(|by| by.starts_with("broken:sound/")).count();
    let _ = writeln!(
        text,
        "The first to notice was a sound executor for {sound} of them, a broken one for {}, and a liar for {liars}.\n",
        noticed().count() - sound - liars
    );
    text.push_str("| checks | inverted | dropped |\n|---|---|---|\n");
    let mut files: BTreeMap<&str, [(usize, usize); 2]> = BTreeMap::new();
    for mutant in &result.mutants {
        let (noticed, all) =
            &mut files.entry(&mutant.file).or_default()[usize::from(mutant.mutation == Mutation::Dropped)];
        *noticed += usize::from(mutant.noticed.is_some());
        *all += 1;
    }
    for (file, [inverted, dropped]) in files {
        let _ = writeln!(text, "| `{file}` | {}/{} | {}/{} |", inverted.0, inverted.1, dropped.0, dropped.1);
    }
    text.push_str("\n## Survivors\n\n");
    text.push_str("| assertion | mutation | reached | the line |\n|---|---|---|---|\n");
    for mutant in result.mutants.iter().filter(|mutant| mutant.noticed.is_none()) {
        let reached = if mutant.reached { "yes" } else { "no" };
        let code = mutant.code.replace('|', "\\|");
        let _ = writeln!(text, "| `{}:{}` | {} | {reached} | `{code}` |", mutant.file, mutant.line, mutant.mutation);
    }
    text
}
