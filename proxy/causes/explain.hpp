#pragma once
// `legible explain` and docs/verdicts.md: the same table, told to a reader.

#include <string>
#include <string_view>

#include "proxy/causes/cause.hpp"

namespace legible::proxy {

/// One cause for the terminal: plain text of at most 100 columns.
std::string explain_text(const CauseInfo& cause);

/// All ids with a line each, in the order of the causes.
std::string explain_index();

/// The text of a term of a verdict that is no cause (a phase, a closer, a mechanism, a confidence,
/// an outcome); empty when there is no such term.
std::string explain_term(std::string_view id);

/// The causes whose signature names an alert, given by its number or its name; empty when there is
/// no such alert.
std::string explain_alert(std::string_view number_or_name);

/// The causes that share most words with what is no id; empty when they share too few.
std::string similar_causes(std::string_view wrong_id);

/// docs/verdicts.md in full.
std::string verdicts_markdown();

}  // namespace legible::proxy
