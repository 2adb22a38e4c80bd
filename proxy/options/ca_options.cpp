#include "proxy/options/ca_options.hpp"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "proxy/options/option_values.hpp"

namespace legible::proxy {
namespace {

using certs::KeyFamily;

cxxopts::Options ca_options() {
  cxxopts::Options options(
      "legible ca",
      "The CA under which `legible run --mode intercept` makes certificates. It is made on this\n"
      "machine at first use.\n\n"
      "  show    what it is, where it is, and how clients learn to trust it\n"
      "  export  its certificates, to standard output; never a private key\n");
  options.set_width(100);
  // clang-format off
  options.add_options()
    ("ca-dir", "where it lives; without it: $XDG_DATA_HOME/legible, mostly "
     "~/.local/share/legible",
     cxxopts::value<std::string>(), "DIR")
    ("key", "only the certificate with this key: ec or rsa", cxxopts::value<std::string>(),
     "ec|rsa")
    ("form", "of export: pem, der (one certificate: with --key), or p12, a truststore with the "
     "password changeit", cxxopts::value<std::string>()->default_value("pem"), "pem|der|p12")
    ("format", "of show: text or json", cxxopts::value<std::string>()->default_value("text"),
     "text|json")
    ("json", "the same as --format json")
    ("words", "show or export", cxxopts::value<std::vector<std::string>>())
    ("h,help", "this text");
  // clang-format on
  options.positional_help("show|export");
  options.parse_positional({"words"});
  return options;
}

CaOptions::Action action(const cxxopts::ParseResult& given) {
  if (given.count("words") == 0) throw Refused{"show or export is needed"};
  const auto words = given["words"].as<std::vector<std::string>>();
  if (words.size() > 1) throw Refused{fmt::format("'{}' is one word too many", words[1])};
  if (words[0] == "show") return CaOptions::Action::show;
  if (words[0] == "export") return CaOptions::Action::export_certificates;
  throw Refused{fmt::format("'{}': show or export is needed", words[0])};
}

std::optional<KeyFamily> family(const cxxopts::ParseResult& given) {
  if (given.count("key") == 0) return std::nullopt;
  const auto text = given["key"].as<std::string>();
  if (text == "ec") return KeyFamily::ec;
  if (text == "rsa") return KeyFamily::rsa;
  throw Refused{fmt::format("--key {}: ec or rsa is needed", text)};
}

CaForm form(const cxxopts::ParseResult& given) {
  const auto text = given["form"].as<std::string>();
  if (text == "pem") return CaForm::pem;
  if (text == "p12") return CaForm::pkcs12;
  if (text == "der") {
    if (given.count("key") == 0) {
      throw Refused{"--form der: one certificate; --key ec or --key rsa says which"};
    }
    return CaForm::der;
  }
  if (text == "jks") {
    throw Refused{"--form jks: keytool makes those, as `legible ca show` says; Java takes p12 too"};
  }
  throw Refused{fmt::format("--form {}: pem, der or p12 is needed", text)};
}

std::string directory(const cxxopts::ParseResult& given) {
  if (given.count("ca-dir") == 0) return {};
  auto name = given["ca-dir"].as<std::string>();
  if (name.empty()) throw Refused{"--ca-dir '': a directory is needed"};
  return name;
}

}  // namespace

std::variant<CaOptions, UsageError, HelpText> parse_ca_options(int argc, const char* const* argv) {
  static constexpr std::string_view repeatable[] = {"words"};
  cxxopts::Options options = ca_options();
  try {
    const auto given = options.parse(argc, argv);
    if (given.count("help") > 0) return HelpText{options.help()};
    refuse_repeated(given, repeatable);
    return CaOptions{.action = action(given),
                     .directory = directory(given),
                     .family = family(given),
                     .form = form(given),
                     .json = wants_json(given)};
  } catch (const Refused& refused) {
    return UsageError{refused.message};
  } catch (const cxxopts::exceptions::exception& error) {
    return usage_error(error.what(), options.help());
  }
}

}  // namespace legible::proxy
