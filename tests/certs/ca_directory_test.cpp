#include "certs/ca_directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstdlib>
#include <future>
#include <optional>
#include <stdexcept>
#include <vector>

#include "certs/files.hpp"
#include "scratch_folder.hpp"
#include "test_pki.hpp"

namespace legible::certs {
namespace {

using namespace test;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

unsigned mode_of(const fs::path& path) {
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777u;
}

std::string complaint(const fs::path& directory) {
  try {
    open_ca_directory(directory, now);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

/// A directory with a CA, the same in all.
struct Made {
  ScratchFolder folder;
  fs::path directory = folder.path();
  CaFiles files{directory};

  Made() {
    static const InterceptionCa ca = InterceptionCa::make(now);
    StagedFile(files.keys, ca.keys_pem(), Readers::owner).publish();
    StagedFile(files.certificates, ca.certificates_pem(), Readers::everyone).publish();
  }
};

/// An environment variable, for as long as this lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
  }
  ~Variable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

TEST_CASE("the CA is made at first use, for its owner's eyes only, and stays") {
  const ScratchFolder folder;
  const fs::path directory = fs::path(folder.path()) / "data" / "legible";
  const CaFiles files(directory);
  const mode_t before = ::umask(0);
  const InterceptionCa ca = open_ca_directory(directory, now);
  ::umask(before);
  CHECK(mode_of(directory) == 0700);
  CHECK(mode_of(directory.parent_path()) == 0700);
  CHECK(mode_of(files.keys) == 0600);
  CHECK(mode_of(files.certificates) == 0644);
  CHECK(read_file(files.certificates) == ca.certificates_pem());
  CHECK(read_file(files.keys) == ca.keys_pem());
  CHECK(open_ca_directory(directory, now).certificates_pem() == ca.certificates_pem());
}

TEST_CASE("those who open a directory at the same time get the same CA") {
  const ScratchFolder folder;
  const fs::path directory = fs::path(folder.path()) / "ca";
  std::vector<std::future<std::string>> openings;
  for (int i = 0; i < 4; ++i) {
    openings.push_back(std::async(
        std::launch::async, [&] { return open_ca_directory(directory, now).certificates_pem(); }));
  }
  const std::string first = openings[0].get();
  CHECK_FALSE(first.empty());
  for (std::size_t i = 1; i < openings.size(); ++i) CHECK(openings[i].get() == first);
}

TEST_CASE("a CA key that others can read is refused") {
  const Made made;
  for (const auto readers : {fs::perms::group_read, fs::perms::others_read}) {
    fs::permissions(made.files.keys, fs::perms::owner_read | fs::perms::owner_write | readers);
    CHECK_THAT(complaint(made.directory), ContainsSubstring("ca-key.pem: others can use this"));
  }
}

TEST_CASE("half a CA is told, and never replaced") {
  const Made made;
  SECTION("a certificate without key") {
    fs::remove(made.files.keys);
    CHECK_THAT(complaint(made.directory), ContainsSubstring("ca.pem is there without"));
    CHECK_FALSE(fs::exists(made.files.keys));
  }
  SECTION("a key without certificate") {
    fs::remove(made.files.certificates);
    CHECK_THAT(complaint(made.directory), ContainsSubstring("ca-key.pem is there without"));
    CHECK_FALSE(fs::exists(made.files.certificates));
  }
  SECTION("a link that leads nowhere") {
    fs::remove(made.files.certificates);
    fs::create_symlink("gone.pem", made.files.certificates);
    CHECK_THAT(complaint(made.directory), ContainsSubstring("cannot read"));
  }
  SECTION("a cut file") {
    fs::resize_file(made.files.certificates, 500);
    CHECK_THAT(complaint(made.directory), ContainsSubstring("ca.pem, "));
  }
  SECTION("an empty file") {
    fs::resize_file(made.files.keys, 0);
    CHECK_THAT(complaint(made.directory), ContainsSubstring("no PEM private key"));
  }
  SECTION("another CA's certificates") {
    made.folder.write("ca.pem", InterceptionCa::make(now).certificates_pem());
    CHECK_THAT(complaint(made.directory), ContainsSubstring("no certificate belongs"));
  }
}

TEST_CASE("a directory that cannot be made or used is told") {
  const ScratchFolder folder;
  const std::string file = folder.write("file", "");
  CHECK_THAT(complaint(file), ContainsSubstring("is no directory"));
  CHECK_THAT(complaint(fs::path(file) / "below"), ContainsSubstring("cannot make the directory"));
}

TEST_CASE("what a killed process left behind is no hindrance") {
  const ScratchFolder folder;
  folder.write("ca-key.pem.new", "half a k");
  CHECK_FALSE(open_ca_directory(folder.path(), now).signers().empty());
  CHECK_FALSE(fs::exists(folder.path() + "/ca-key.pem.new"));
}

TEST_CASE("a CA of one's own comes from its two files") {
  const Pki& pki = Pki::instance();
  const ScratchFolder folder;
  const std::string certificate = folder.write("own.pem", pki.root.certificate_pem());
  const std::string key = folder.write("own-key.pem", pki.root_key.pem());
  ::chmod(key.c_str(), 0600);
  CHECK(read_own_ca(certificate, key, now).certificates_pem() == pki.root.certificate_pem());
  ::chmod(key.c_str(), 0640);
  CHECK_THROWS_AS(read_own_ca(certificate, key, now), std::runtime_error);
  CHECK_THROWS_AS(read_own_ca(folder.path() + "/none", key, now), std::runtime_error);
}

TEST_CASE("the CA's usual place is the user's data folder") {
  {
    const Variable data("XDG_DATA_HOME", "/some/data");
    CHECK(default_ca_directory() == "/some/data/legible");
  }
  const Variable home("HOME", "/home/her");
  {
    const Variable relative("XDG_DATA_HOME", "data");
    CHECK(default_ca_directory() == "/home/her/.local/share/legible");
  }
  const Variable no_data("XDG_DATA_HOME", nullptr);
  CHECK(default_ca_directory() == "/home/her/.local/share/legible");
  const Variable no_home("HOME", nullptr);
  CHECK_THROWS_AS(default_ca_directory(), std::runtime_error);
}

}  // namespace
}  // namespace legible::certs
