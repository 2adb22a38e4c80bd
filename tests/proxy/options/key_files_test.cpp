#include "proxy/options/key_files.hpp"

#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "certs/issuer.hpp"
#include "proxy/options/interception_options.hpp"
#include "support/temporary_directory.hpp"

namespace legible::proxy {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using certs::CertifiedKey;
using certs::KeyType;
using certs::PrivateKey;
using certs::Seconds;
using test::TemporaryDirectory;

const Seconds now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
const certs::Validity current{now - std::chrono::days(1), now + std::chrono::days(1)};

std::string write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
  ::chmod(path.c_str(), 0600);
  return path;
}

TEST_CASE("a CA of one's own goes before the directory, which is then not made") {
  const TemporaryDirectory directory;
  const CertifiedKey own =
      certs::self_sign(certs::ca_profile("CN=Own", current), PrivateKey::generate(KeyType::p256));
  const CaKeyFiles files{directory / "ca", write(directory / "own.pem", own.certificate_pem()),
                         write(directory / "own-key.pem", own.key.pem())};
  CHECK(files.is_there());
  CHECK(files.load(now).certificates_pem() == own.certificate_pem());
  CHECK_FALSE(std::filesystem::exists(directory / "ca"));

  const CertifiedKey sealed = certs::self_sign(
      certs::ca_profile("CN=Sealed", current),
      PrivateKey::from_pem(test::content(LEGIBLE_TEST_DATA "/certs/client-key.pem"),
                           "from a file"));
  CaKeyFiles encrypted{{},
                       write(directory / "sealed.pem", sealed.certificate_pem()),
                       write(directory / "sealed-key.pem",
                             test::content(LEGIBLE_TEST_DATA "/certs/client-key.pem"))};
  ::unsetenv("LEGIBLE_CA_KEY_PASSWORD");
  CHECK_THROWS_WITH(encrypted.load(now), Catch::Matchers::ContainsSubstring("needs its password"));
  encrypted.password = write(directory / "sealed-password", "from a file\n");
  CHECK(encrypted.load(now).certificates_pem() == sealed.certificate_pem());

  const CaKeyFiles made{directory / "ca", {}, {}};
  CHECK(made.used_directory() == directory / "ca");
  CHECK_FALSE(made.is_there());
  CHECK(made.load(now).certificates_pem() == made.load(now).certificates_pem());
  CHECK(made.is_there());
}

TEST_CASE("the password of a client's key comes from a file, else from the environment") {
  const TemporaryDirectory directory;
  const CertifiedKey client = certs::self_sign(
      certs::client_profile("CN=Client", current),
      PrivateKey::from_pem(test::content(LEGIBLE_TEST_DATA "/certs/client-key.pem"),
                           "from a file"));
  const ClientKeyFiles without{write(directory / "client.pem", client.certificate_pem()),
                               LEGIBLE_TEST_DATA "/certs/client-key.pem",
                               {}};
  ::unsetenv("LEGIBLE_CLIENT_KEY_PASSWORD");
  CHECK_THROWS_WITH(without.load(),
                    ContainsSubstring("client-key.pem: the private key is encrypted") &&
                        ContainsSubstring("(--client-key-password-file FILE,"));
  ClientKeyFiles empty = without;
  empty.password = write(directory / "empty", "\nsecond line\n");
  CHECK_THROWS_WITH(empty.load(), EndsWith("empty: its first line, the password, is empty"));
  ::setenv("LEGIBLE_CLIENT_KEY_PASSWORD", "from a file", 1);
  CHECK(without.load().has_value());
  ClientKeyFiles with = without;
  ::setenv("LEGIBLE_CLIENT_KEY_PASSWORD", "another", 1);
  with.password = write(directory / "password", "from a file\r\nand a second line\n");
  CHECK(with.load().has_value());
  ::unsetenv("LEGIBLE_CLIENT_KEY_PASSWORD");
  CHECK_FALSE(ClientKeyFiles{}.load().has_value());
}

TEST_CASE("what the user should know of the CA and of the client's certificate is told") {
  const TemporaryDirectory directory;
  const certs::Validity past{now - std::chrono::days(2), now - std::chrono::days(1)};
  const CertifiedKey client =
      certs::self_sign(certs::client_profile("CN=Old", past), PrivateKey::generate(KeyType::p256));
  InterceptionOptions options;
  options.mode = Mode::automatic;
  options.ca.directory = directory / "a ca";
  options.everywhere.client_credential.certificate =
      write(directory / "old.pem", client.certificate_pem() + client.key.pem());
  std::vector<std::string> notices;
  load_interception(options, notices);
  REQUIRE(notices.size() == 2);
  CHECK_THAT(notices[0], ContainsSubstring("old.pem: it expired 20") && EndsWith("Z"));
  CHECK_THAT(notices[1], ContainsSubstring("made a new CA in " + options.ca.directory) &&
                             EndsWith("legible ca show --ca-dir '" + options.ca.directory + "'"));
  options.everywhere.client_credential = {};
  notices.clear();
  load_interception(options, notices);
  CHECK(notices.empty());
}

}  // namespace
}  // namespace legible::proxy
