// A second opinion on every chain that the judge's tables know.

#include <catch2/catch_test_macros.hpp>

#include "certs/pem.hpp"
#include "judge_cases.hpp"
#include "scratch_folder.hpp"
#include "tool.hpp"

namespace legible::certs {
namespace {

using namespace test;

bool openssl_accepts(const Presented& presented, const ScratchFolder& folder) {
  std::string untrusted;
  for (std::size_t i = 1; i < presented.chain.size(); ++i) {
    untrusted += write_pem("CERTIFICATE", presented.chain[i].der);
  }
  std::string command = "openssl verify -no-CApath -no-CAstore -auth_level 2";
  command += " -attime " + std::to_string(now.time_since_epoch().count());
  command += presented.purpose == Purpose::server ? " -purpose sslserver" : " -purpose sslclient";
  const bool is_address = host_name(presented.name).kind == SubjectAltName::Kind::ip;
  command += (is_address ? " -verify_ip " : " -verify_hostname ") + presented.name;
  command += " -CAfile " + folder.write("anchors.pem", presented.anchors);
  if (!untrusted.empty()) command += " -untrusted " + folder.write("untrusted.pem", untrusted);
  command += " " + folder.write("leaf.pem", write_pem("CERTIFICATE", presented.chain[0].der));
  return runs(command);
}

TEST_CASE("openssl verify agrees on every chain but those that say why not") {
  if (!runs("openssl version")) SKIP("there is no openssl tool here");
  const ScratchFolder folder;
  for (const auto& groups : {path_cases(), rule_cases()}) {
    for (const CaseGroup& group : groups) {
      for (const Case& c : group.cases) {
        CAPTURE(group.name, c.what);
        const bool good = c.problems.empty();
        const bool agrees = openssl_accepts(c.presented, folder) == good;
        CHECK(agrees == (c.openssl_differs == nullptr));
      }
    }
  }
}

}  // namespace
}  // namespace legible::certs
