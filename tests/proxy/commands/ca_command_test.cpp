#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "proxy/commands/ca_export.hpp"
#include "proxy/commands/ca_text.hpp"
#include "proxy/options/ca_options.hpp"

namespace legible::proxy {
namespace {

using Catch::Matchers::ContainsSubstring;
using certs::InterceptionCa;
using certs::KeyFamily;

auto parse(std::vector<const char*> words) {
  words.insert(words.begin(), "ca");
  return parse_ca_options(static_cast<int>(words.size()), words.data());
}

TEST_CASE("ca shows or exports, all certificates or one, in a form") {
  using Action = CaOptions::Action;
  const auto shown = std::get<CaOptions>(parse({"show", "--ca-dir", "/a", "--json"}));
  CHECK(shown.action == Action::show);
  CHECK(shown.directory == "/a");
  CHECK(shown.json);
  CHECK(std::get<CaOptions>(parse({"show", "--format", "json"})).json);
  CHECK_FALSE(std::get<CaOptions>(parse({"show"})).json);

  const auto exported = std::get<CaOptions>(parse({"export"}));
  CHECK(exported.action == Action::export_certificates);
  CHECK(exported.directory.empty());
  CHECK(exported.form == CaForm::pem);
  CHECK_FALSE(exported.family);
  const auto one = std::get<CaOptions>(parse({"export", "--form", "der", "--key", "rsa"}));
  CHECK(one.form == CaForm::der);
  CHECK(one.family == KeyFamily::rsa);
  CHECK(std::get<CaOptions>(parse({"--form", "p12", "export"})).form == CaForm::pkcs12);
  CHECK(std::holds_alternative<HelpText>(parse({"--help"})));
}

TEST_CASE("what ca cannot do is refused by name") {
  struct Case {
    std::vector<const char*> words;
    const char* named;
  };
  const Case cases[] = {
      {{}, "show or export"},
      {{"frob"}, "'frob'"},
      {{"show", "export"}, "'export' is one word too many"},
      {{"export", "--form", "der"}, "--form der"},
      {{"export", "--form", "jks"}, "--form jks"},
      {{"export", "--form", "xml"}, "--form xml"},
      {{"export", "--key", "dsa"}, "--key dsa"},
      {{"show", "--format", "xml"}, "--format xml"},
      {{"show", "--ca-dir", ""}, "--ca-dir ''"},
      {{"show", "--frob"}, "--frob"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.named);
    const auto parsed = parse(c.words);
    REQUIRE(std::holds_alternative<UsageError>(parsed));
    CHECK_THAT(std::get<UsageError>(parsed).message, ContainsSubstring(c.named));
  }
}

TEST_CASE("what is shown names the CA, and says what to type, for each certificate") {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  static const InterceptionCa ca = InterceptionCa::make(now);
  const auto exported_from = [](const std::string& directory) {
    return [directory](const certs::SigningCa* signer) {
      return ca_export_command(directory, signer);
    };
  };
  const CaPlace both{ca.signers(), "/some where/ca.pem", "/some where/ca-key.pem",
                     exported_from("/some where")};
  const std::string text = ca_text(both);
  for (const auto& signer : ca.signers()) {
    CHECK_THAT(text, ContainsSubstring(signer.ca.certificate.subject.text));
  }
  for (const char* part : {
           "legible ca export --ca-dir '/some where' --key ec > legible-ec.pem\n",
           "legible ca export --ca-dir '/some where' --key rsa > legible-rsa.pem\n",
           "keytool -importcert -noprompt -alias legible-rsa -file legible-rsa.pem \\\n      -key",
           "curl --cacert '/some where/ca.pem'",
           "NODE_EXTRA_CA_CERTS='/some where/ca.pem'",
       }) {
    CHECK_THAT(text, ContainsSubstring(part));
  }
  CHECK(text.find_first_of("{}") == text.npos);
  for (const char* secret : {"PRIVATE", "BEGIN"}) CHECK(text.find(secret) == text.npos);

  const CaPlace one{ca.signers().first(1), "/ca.pem", "/ca-key.pem", exported_from("")};
  CHECK_THAT(ca_text(one), !ContainsSubstring("legible-rsa"));
}

TEST_CASE("a word of a shell's command line is quoted where it must be") {
  CHECK(shell_word("/home/her/ca.pem") == "/home/her/ca.pem");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("a b") == "'a b'");
  CHECK(shell_word("it's $HOME") == "'it'\\''s $HOME'");
}

}  // namespace
}  // namespace legible::proxy
