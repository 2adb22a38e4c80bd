#include "proxy/causes/explain.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace legible::proxy {

TEST_CASE("docs/verdicts.md is what `legible explain --markdown` prints") {
  std::ifstream file{LEGIBLE_SOURCE_DIR "/docs/verdicts.md"};
  const std::string committed{std::istreambuf_iterator<char>{file}, {}};
  // A bool, since a diff of two pages helps nobody: run the command and compare.
  CHECK((committed == verdicts_markdown()));
}

TEST_CASE("an explanation names the cause, both sides and their logs, in 100 columns") {
  const std::string text = explain_text(describe(Cause::server_cert_missing_intermediate));
  CHECK(text.starts_with("server-cert-missing-intermediate\n"));
  for (const char* part : {"client side", "server side", "client log", "server log", "nginx"}) {
    INFO(part);
    CHECK(text.find(part) != std::string::npos);
  }
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    CHECK(line.size() <= 100);
  }
}

TEST_CASE("the index lists every cause") {
  const std::string index = explain_index();
  CHECK(static_cast<std::size_t>(std::ranges::count(index, '\n')) == all_causes().size());
}

TEST_CASE("terms of a verdict are explained too") {
  CHECK(explain_term("server-auth").find("judging") != std::string::npos);
  CHECK(explain_term("rst").find("RST") != std::string::npos);
  for (const char* word : {"relay", "intercept", "mirror", "inferred", "inserted", "masked"}) {
    CHECK(explain_term(word).starts_with(word));
  }
  CHECK(explain_term("nonsense").empty());
}

TEST_CASE("an alert is explained by the causes whose signature names it") {
  for (const char* called : {"48", "unknown_ca"}) {
    const std::string text = explain_alert(called);
    INFO(text);
    CHECK(text.starts_with("alert unknown_ca (48), "));
    CHECK(text.find("\nserver-cert-missing-intermediate ") != std::string::npos);
    CHECK(text.find("\nno-shared-cipher ") == std::string::npos);
  }
  // The last of "40, 10, 80, 49 or FIN".
  CHECK(explain_alert("49").find("\nserver-chain-too-long ") != std::string::npos);
  // In brackets, behind a stack's name, as a warning, and by its name alone.
  CHECK(explain_alert("71").find("\nno-shared-cipher ") != std::string::npos);
  CHECK(explain_alert("80").find("\nno-shared-sigalg ") != std::string::npos);
  CHECK(explain_alert("112").find("\nsni-warning-not-tolerated ") != std::string::npos);
  CHECK(explain_alert("48").find("\nproxy-cert-untrusted ") != std::string::npos);
  CHECK(explain_alert("90").find("is in no cause's signature") != std::string::npos);
  CHECK(explain_alert("256").empty());
  CHECK(explain_alert("").empty());
}

TEST_CASE("an id that is almost right has its neighbours listed") {
  CHECK(similar_causes("server-cert").find("  server-cert-expired ") != std::string::npos);
  CHECK(similar_causes("server-cert").find("client-cert") == std::string::npos);
  CHECK(similar_causes("sever-cert-expired").find("  server-cert-expired ") != std::string::npos);
  CHECK(similar_causes("frob").empty());
  CHECK(similar_causes("").empty());
}

}  // namespace legible::proxy
