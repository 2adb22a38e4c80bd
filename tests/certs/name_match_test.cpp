#include "certs/name_match.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>

#include "certs/chain_judge.hpp"

namespace legible::certs {
namespace {

using Kind = SubjectAltName::Kind;

Certificate with_names(const std::vector<SubjectAltName>& names, const std::string& common_name) {
  Certificate certificate;
  certificate.subject.common_name = common_name;
  for (SubjectAltName name : names) {
    std::vector<std::uint8_t> raw(name.value.begin(), name.value.end());
    if (name.kind == Kind::ip) raw = parse_address(name.value).value();
    name.raw = {static_cast<std::uint32_t>(certificate.der.size()),
                static_cast<std::uint32_t>(raw.size())};
    certificate.der.insert(certificate.der.end(), raw.begin(), raw.end());
    certificate.sans.push_back(std::move(name));
  }
  return certificate;
}

TEST_CASE("names match as RFC 6125 says") {
  struct Case {
    const char* why;
    std::vector<SubjectAltName> names;
    std::string common_name;
    std::string wanted;
    bool matches;
  };
  const auto c = GENERATE(values<Case>({
      {"the same name", {{Kind::dns, "www.example", {}}}, "", "www.example", true},
      {"letter case", {{Kind::dns, "WWW.Example", {}}}, "", "www.eXample", true},
      {"the root's dot", {{Kind::dns, "www.example", {}}}, "", "www.example.", true},
      {"the root's dot in the certificate",
       {{Kind::dns, "www.example.", {}}},
       "",
       "www.example",
       false},
      {"another host", {{Kind::dns, "www.example", {}}}, "", "ftp.example", false},
      {"one of several",
       {{Kind::dns, "a.example", {}}, {Kind::dns, "b.example", {}}},
       "",
       "b.example",
       true},
      {"CN beside a SAN", {{Kind::dns, "www.example", {}}}, "ftp.example", "ftp.example", false},
      {"CN alone", {}, "www.example", "www.example", true},
      {"CN beside an address", {{Kind::ip, "192.0.2.1", {}}}, "www.example", "www.example", true},
      {"a NUL in the name",
       {{Kind::dns, std::string("www.example\0.evil.example", 25), {}}},
       "",
       "www.example",
       false},
      {"a NUL in the CN", {}, std::string("www.example\0.evil.example", 25), "www.example", false},
      {"one label", {{Kind::dns, "*.a.example", {}}}, "", "www.a.example", true},
      {"two labels", {{Kind::dns, "*.a.example", {}}}, "", "x.www.a.example", false},
      {"no label", {{Kind::dns, "*.a.example", {}}}, "", "a.example", false},
      {"an empty label", {{Kind::dns, "*.a.example", {}}}, "", ".a.example", false},
      {"a wildcard over a top-level domain",
       {{Kind::dns, "*.example", {}}},
       "",
       "a.example",
       false},
      {"a wildcard over everything", {{Kind::dns, "*", {}}}, "", "example", false},
      {"a wildcard over the root", {{Kind::dns, "*.example.", {}}}, "", "a.example", false},
      {"a partial wildcard", {{Kind::dns, "f*.a.example", {}}}, "", "foo.a.example", false},
      {"an inner wildcard", {{Kind::dns, "www.*.a.example", {}}}, "", "www.x.a.example", false},
      {"an address", {{Kind::ip, "192.0.2.1", {}}}, "", "192.0.2.1", true},
      {"an IPv6 address", {{Kind::ip, "2001:db8::1", {}}}, "", "2001:DB8:0::1", true},
      {"another address", {{Kind::ip, "192.0.2.1", {}}}, "", "192.0.2.2", false},
      {"an address as dNSName", {{Kind::dns, "192.0.2.1", {}}}, "", "192.0.2.1", false},
      {"an address as CN", {}, "192.0.2.1", "192.0.2.1", false},
      {"a wildcard for an address", {{Kind::dns, "*.0.2.1", {}}}, "", "192.0.2.1", false},
      {"an e-mail address", {{Kind::email, "www.example", {}}}, "", "www.example", false},
      {"an empty name", {{Kind::dns, "", {}}}, "", "", false},
  }));
  CAPTURE(c.why);
  CHECK(matches_name(with_names(c.names, c.common_name), c.wanted) == c.matches);
}

TEST_CASE("the common name is ignored where that is asked for") {
  const Certificate certificate = with_names({}, "www.example");
  CHECK(matches_name(certificate, "www.example", CommonName::counts));
  CHECK_FALSE(matches_name(certificate, "www.example", CommonName::ignored));
}

TEST_CASE("of many names the first few are told") {
  std::vector<SubjectAltName> names(120, {Kind::dns, {}, {}});
  for (std::size_t i = 0; i < names.size(); ++i) names[i].value = std::to_string(i) + ".example";
  CHECK(names_text(with_names(names, "")).ends_with("DNS:7.example and 112 more"));
  CHECK(names_text(with_names({}, "www.example")) == "no name but CN=www.example");
}

}  // namespace
}  // namespace legible::certs
