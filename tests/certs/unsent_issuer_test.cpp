#include "certs/unsent_issuer.hpp"

#include <catch2/catch_test_macros.hpp>

namespace legible::certs {
namespace {

Certificate issued_by(std::string common_name) {
  Certificate certificate;
  certificate.issuer.common_name = std::move(common_name);
  return certificate;
}

TEST_CASE("the words in an issuer's name tell what it is, where they do") {
  CHECK(unsent_issuer(issued_by("Acme ROOT CA")) == UnsentIssuer::root);
  CHECK(unsent_issuer(issued_by("Partner Issuing CA 3")) == UnsentIssuer::intermediate);
  CHECK(unsent_issuer(issued_by("Acme Intermediate")) == UnsentIssuer::intermediate);
  CHECK(unsent_issuer(issued_by("Acme Sub CA 2")) == UnsentIssuer::intermediate);
  CHECK(unsent_issuer(issued_by("Nobody Knows CA")) == UnsentIssuer::unknown);
  CHECK(unsent_issuer(issued_by("")) == UnsentIssuer::unknown);
}

}  // namespace
}  // namespace legible::certs
