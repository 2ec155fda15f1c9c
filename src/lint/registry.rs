//! All rules, by code.

use crate::lint::rule::Rule;
use crate::lint::rules::spf;

/// Every rule of the catalogue, in the order of its chapters and codes.
pub static RULES: &[&Rule] = &[
    &spf::multiple_spf_records::RULE,
    &spf::not_quite_spf::RULE,
    &spf::sender_id_record::RULE,
    &spf::spf_type_record::RULE,
    &spf::glued_strings::RULE,
    &spf::oversized_spf::RULE,
    &spf::unknown_mechanism::RULE,
    &spf::bad_term_syntax::RULE,
    &spf::bad_ip_network::RULE,
    &spf::host_bits_set::RULE,
    &spf::bad_cidr_length::RULE,
    &spf::bad_all_or_modifier::RULE,
    &spf::no_default::RULE,
    &spf::permits_everyone::RULE,
    &spf::neutral_default::RULE,
    &spf::terms_after_all::RULE,
    &spf::redirect_with_all::RULE,
    &spf::repeated_modifier::RULE,
    &spf::unknown_modifier::RULE,
    &spf::reporting_modifier::RULE,
    &spf::too_many_lookups::RULE,
    &spf::lookup_budget_low::RULE,
    &spf::too_many_void_lookups::RULE,
    &spf::too_many_mx_names::RULE,
    &spf::ptr_mechanism::RULE,
    &spf::include_without_spf::RULE,
    &spf::include_loop::RULE,
    &spf::term_without_address::RULE,
    &spf::bad_macro::RULE,
    &spf::bad_target_name::RULE,
    &spf::bad_explanation::RULE,
    &spf::duplicate_term::RULE,
    &spf::nameservers_disagree::RULE,
    &spf::unsendable_over_udp_and_tcp::RULE,
];

/// The rule with this code or slug, whatever the case.
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|r| r.code.eq_ignore_ascii_case(name) || r.slug.eq_ignore_ascii_case(name))
}
