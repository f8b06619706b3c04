//! The page of the policies, against the engine's own sentences.
//!
//! After a change of a policy or of a sentence: `UPDATE_GOLDEN=1 cargo test -p vestibule --test program policies`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use vestibule_auth::{PolicyInWords, new_account, policies_in_words};
use vestibule_model::NamedPolicy;

const HEAD: &str = "\
# Policies

The rules that an account is made after, by name: `vestibule account add acme --policy livevox`, `\"policy\": \"livevox\"` in the body of a request, `policy = \"livevox\"` in a
[file for apply](apply-fields.md#account). They are copied into the account, and its own from then on ([administration](administration.md#policies)).
What an account has now is told in the same sentences by [the console](../console.md).
";

/// What an account has that is made after this policy.
fn told(policy: NamedPolicy) -> Vec<PolicyInWords> {
    let account = new_account("acme".parse().unwrap(), None);
    let mut told = policies_in_words(&policy.copied_into(account));
    told.retain(|told| told.field.ends_with("_policy"));
    told
}

fn page() -> String {
    let [first, others @ ..] = NamedPolicy::ALL.map(told);
    let mut page = HEAD.to_owned();
    let names = NamedPolicy::ALL.map(NamedPolicy::name);
    for policy in NamedPolicy::ALL {
        write!(page, "\n- **`{}`**: {}", policy.name(), policy.purpose()).unwrap();
    }
    page.push('\n');
    for (index, policy) in first.iter().enumerate() {
        write!(page, "\n## {}\n\n`{}`\n\n| | `{}` |\n", policy.title, policy.field, names.join("` | `"))
            .unwrap();
        page.push_str("|---|---|---|---|\n");
        for (number, rule) in policy.rules.iter().enumerate() {
            write!(page, "| `{}` | {} |", rule.field, rule.sentence).unwrap();
            for other in &others {
                let sentence = &other[index].rules[number].sentence;
                let told = if *sentence == rule.sentence { "the same" } else { sentence };
                write!(page, " {told} |").unwrap();
            }
            page.push('\n');
        }
    }
    page
}

#[test]
fn the_page_of_the_policies_has_the_sentences_of_the_engine() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations/policies.md");
    let page = page();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &page).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == page,
        "docs/operations/policies.md is stale: UPDATE_GOLDEN=1 cargo test -p vestibule --test program policies"
    );
}
