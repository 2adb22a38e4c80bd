#include "proxy/har/document.hpp"

#include <rapidjson/document.h>
#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "support/temporary_directory.hpp"

namespace legible::proxy::har {
namespace {

using test::content;
using Found = Document::Found;

/// How many entries the file has; -1: it is no JSON.
int entries(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.c_str(), text.size());
  return document.HasParseError() ? -1 : static_cast<int>(document["log"]["entries"].Size());
}

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

TEST_CASE("an archive is whole before and after each entry") {
  const test::TemporaryDirectory folder;
  const std::string path = folder / "a.har";
  Document document(path);
  for (int i = 0; i < 4; ++i) {
    CHECK(entries(content(path)) == i);
    CHECK(document.append(R"({"n":")" + std::string(3000, 'x') + "\"}") == 0);
  }
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("an archive that is there is continued, by one process") {
  const test::TemporaryDirectory folder;
  const std::string path = folder / "a.har";
  for (int i = 0; i < 3; ++i) {
    Document document(path);
    CHECK(document.found() == (i == 0 ? Found::nothing : Found::archive));
    CHECK_THROWS_AS(Document(path), std::system_error);
    std::filesystem::permissions(path, std::filesystem::perms(0644));
    if (i > 0) CHECK(document.append(R"({"n":1})") == 0);
  }
  CHECK(entries(content(path)) == 2);
  CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms(0644));
  Document again(path);
  CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms(0600));
}

TEST_CASE("what is no archive of this program is left alone") {
  const test::TemporaryDirectory folder;
  for (const char* text : {"{}", R"({"log":{"version":"1.2","creator":{"name":"other"}}})"}) {
    write(folder / "other", text);
    CHECK_THROWS_AS(Document(folder / "other"), std::system_error);
    CHECK(content(folder / "other") == text);
  }
  CHECK_THROWS_AS(Document("/dev/null"), std::system_error);
}

TEST_CASE("an archive that was cut anywhere is mended") {
  const test::TemporaryDirectory folder;
  const std::string path = folder / "a.har";
  {
    Document document(path);
    document.append(R"({"n":1})");
    document.append(R"({"n":2})");
  }
  const std::string whole = content(path);
  const std::size_t first_line = whole.find('\n');
  for (std::size_t size = first_line; size < whole.size(); ++size) {
    CAPTURE(size);
    write(path, whole.substr(0, size));
    {
      Document document(path);
      CHECK(document.found() == Found::cut_archive);
      CHECK(entries(content(path)) >= 0);
      document.append(R"({"n":3})");
    }
    // Of the last line nobody can say whether it is whole.
    const int wanted = size < whole.find("\n{\"n\":2") + 2 ? 1 : 2;
    CHECK(entries(content(path)) == wanted);
  }
}

TEST_CASE("a document that was moved away is left, and one that was emptied is begun again") {
  const test::TemporaryDirectory folder;
  const std::string path = folder / "a.har";
  Document document(path);
  document.append("{}");
  document.reopen();
  document.append("{}");
  std::filesystem::rename(path, folder / "old");
  document.reopen();
  document.append("{}");
  CHECK(entries(content(folder / "old")) == 2);
  CHECK(entries(content(path)) == 1);
  write(path, "");
  document.append("{}");
  CHECK(entries(content(path)) == 1);
}

}  // namespace
}  // namespace legible::proxy::har
