#include "proxy/commands/explain_command.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>

#include "parser/ascii.hpp"
#include "proxy/causes/cause.hpp"
#include "proxy/causes/explain.hpp"
#include "proxy/commands/standard_streams.hpp"

namespace legible::proxy {

int explain_command(int argc, char** argv) {
  if (argc > 2) {
    complain("legible explain: '{}' is too many: one ID at a time", argv[2]);
    return 2;
  }
  // A stack's log writes an alert's name in capitals.
  std::string lower = argc > 1 ? argv[1] : "";
  std::ranges::transform(lower, lower.begin(), parser::ascii_lower);
  const std::string_view asked = lower;
  std::string text;
  if (asked.empty()) {
    text = explain_index();
  } else if (asked == "--markdown") {
    text = verdicts_markdown();
  } else if (asked == "--help" || asked == "-h") {
    text =
        "usage: legible explain [ID | ALERT | --markdown]\n"
        "A cause or another term of a verdict by its id; or the causes that an alert may have, by "
        "its\nnumber or name. Without an id: all causes, a line each.\n";
  } else if (const auto cause = cause_from_id(asked)) {
    text = explain_text(describe(*cause));
  } else {
    text = explain_term(asked);
    if (text.empty()) text = explain_alert(asked);
  }
  if (text.empty()) {
    complain("legible explain: no cause, term or alert is called '{}'; `legible explain` lists all",
             asked);
    std::fputs(similar_causes(asked).c_str(), stderr);
    return 2;
  }
  print_out(text);
  return 0;
}

}  // namespace legible::proxy
