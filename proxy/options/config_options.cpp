#include "proxy/options/config_options.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "proxy/options/config_words.hpp"

namespace legible::proxy {
namespace {

constexpr std::string_view repeatable_of_hosts[] = {"trust", "crl"};

cxxopts::Options host_table() {
  cxxopts::Options options("host");
  // clang-format off
  options.add_options()
    ("mode", "", cxxopts::value<std::string>(), "relay|intercept|auto")
    ("trust", "", cxxopts::value<std::string>(), "FILE")
    ("crl", "", cxxopts::value<std::string>(), "FILE");
  // clang-format on
  add_host_options(options);
  return options;
}

HostExceptionOptions exception_of(const cxxopts::ParseResult& given, std::string pattern,
                                  const HostOptions& everywhere, const TrustFiles& trust) {
  HostExceptionOptions exception;
  exception.glob = std::move(pattern);
  if (given.count("mode") > 0) exception.mode = mode_option(given);
  const bool has_anchors = given.count("trust") > 0;
  const bool has_lists = given.count("crl") > 0;
  if (has_anchors || has_lists) {
    exception.trust = TrustFiles{has_anchors ? file_names(given, "trust") : trust.server,
                                 {},
                                 has_lists ? file_names(given, "crl") : trust.revocations};
  }
  exception.options = host_options(given, everywhere);
  return exception;
}

}  // namespace

std::vector<HostExceptionOptions> host_exceptions(const std::vector<ConfigTable>& hosts,
                                                  const HostOptions& everywhere,
                                                  const TrustFiles& trust,
                                                  const std::string& folder,
                                                  std::vector<ConfigError>& errors) {
  std::vector<HostExceptionOptions> exceptions;
  for (const ConfigTable& host : hosts) {
    if (host.name.empty()) errors.push_back({host.line, "a pattern is needed: *.example"});
    cxxopts::Options options = host_table();
    const std::string rest = find_faults(
        words_of(host, shapes_of(options, repeatable_of_hosts), folder, errors),
        [&](const std::vector<std::string>& words) {
          exceptions.push_back(
              exception_of(parse_words(options, words), host.name, everywhere, trust));
        },
        errors);
    if (!rest.empty()) errors.push_back({host.line, rest});
  }
  return exceptions;
}

}  // namespace legible::proxy
