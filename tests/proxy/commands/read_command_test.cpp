#include "proxy/commands/read_command.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "proxy/options/read_options.hpp"
#include "support/temporary_directory.hpp"

namespace legible::proxy {
namespace {

using test::content;
using test::TemporaryDirectory;

const std::string captures = std::string{LEGIBLE_TEST_DATA} + "/captures/";

auto parse(std::vector<const char*> words) {
  words.insert(words.begin(), "read");
  return parse_read_options(static_cast<int>(words.size()), words.data());
}

/// Lends a file to a descriptor for as long as it lives.
class Redirected {
 public:
  Redirected(int descriptor, const std::string& path)
      : descriptor_(descriptor), saved_(::dup(descriptor)) {
    std::fflush(nullptr);
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ::dup2(file, descriptor_);
    ::close(file);
  }
  ~Redirected() {
    std::fflush(nullptr);
    ::dup2(saved_, descriptor_);
    ::close(saved_);
  }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;

 private:
  int descriptor_;
  int saved_;
};

struct Outcome {
  int status;
  std::string output;
  std::string complaint;
};

Outcome read(const std::vector<std::string>& words) {
  const TemporaryDirectory directory;
  std::vector<std::string> owned{"read"};
  owned.insert(owned.end(), words.begin(), words.end());
  std::vector<char*> argv;
  for (std::string& word : owned) argv.push_back(word.data());
  Outcome outcome{};
  {
    const Redirected output{STDOUT_FILENO, directory / "output"};
    const Redirected complaint{STDERR_FILENO, directory / "complaint"};
    outcome.status = read_command(static_cast<int>(argv.size()), argv.data());
  }
  outcome.output = content(directory / "output");
  outcome.complaint = content(directory / "complaint");
  return outcome;
}

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

TEST_CASE("read takes a file, and options in any place") {
  const auto parsed = parse({"--keylog", "keys", "some.pcap", "--json", "--trust", "roots.pem"});
  REQUIRE(std::holds_alternative<ReadOptions>(parsed));
  const auto& options = std::get<ReadOptions>(parsed);
  CHECK(options.capture_file == "some.pcap");
  CHECK(options.key_log_file == "keys");
  CHECK(options.trust.server == std::vector<std::string>{"roots.pem"});
  CHECK(options.format == OutputFormat::json);
}

TEST_CASE("read refuses what it cannot do, and names it") {
  struct Case {
    std::vector<const char*> words;
    const char* named;
  };
  const Case cases[] = {
      {{}, "FILE"},
      {{"a.pcap", "b.pcap"}, "b.pcap"},
      {{"a.pcap", "--format", "xml"}, "--format xml"},
      {{"a.pcap", "--colour"}, "--colour"},
      {{"a.pcap", "--keylog"}, "--keylog"},
  };
  for (const Case& test : cases) {
    CAPTURE(test.named);
    const auto parsed = parse(test.words);
    REQUIRE(std::holds_alternative<UsageError>(parsed));
    CHECK(std::get<UsageError>(parsed).message.find(test.named) != std::string::npos);
  }
}

TEST_CASE("a capture that is read whole ends with 0 and a verdict") {
  const Outcome outcome = read({captures + "zeek-handshake-failure.pcap", "--json"});
  CHECK(outcome.status == 0);
  CHECK(outcome.complaint.empty());
  CHECK(outcome.output.find(R"("event":"verdict")") != std::string::npos);
  CHECK(outcome.output.find(R"("cause":"no-shared-cipher")") != std::string::npos);
}

TEST_CASE("a key log without a secret is told in a line and a notice") {
  const TemporaryDirectory directory;
  std::ofstream(directory / "keys") << "# nothing\nCLIENT_RANDOM 00 11\n";
  const Outcome outcome =
      read({captures + "zeek-handshake-failure.pcap", "--json", "--keylog", directory / "keys"});
  CHECK(outcome.status == 0);
  CHECK(lines(outcome.complaint) == 1);
  CHECK(outcome.complaint.find("keys: no line of it is a TLS secret") != std::string::npos);
  CHECK(outcome.output.find(R"("event":"notice")") != std::string::npos);
}

TEST_CASE("what is read from a capture is not called relayed") {
  const Outcome outcome = read({captures + "zeek-handshake-failure.pcap"});
  const std::string header = outcome.output.substr(0, outcome.output.find('\n'));
  CHECK(header.ends_with("   capture"));
}

TEST_CASE("a capture that is cut short ends with 1, one line, and what could be read") {
  const TemporaryDirectory directory;
  const std::string whole = content(captures + "zeek-handshake-failure.pcap");
  std::ofstream(directory / "cut.pcap", std::ios::binary) << whole.substr(0, whole.size() - 10);
  const Outcome outcome = read({directory / "cut.pcap", "--json"});
  CHECK(outcome.status == 1);
  CHECK(lines(outcome.complaint) == 1);
  CHECK(outcome.complaint.find("packet 10") != std::string::npos);
  CHECK(outcome.output.find(R"("cause":"no-shared-cipher")") != std::string::npos);
}

TEST_CASE("a pcapng file of several sections, link types, clocks and kinds of packets is read") {
  const Outcome outcome = read({std::string{LEGIBLE_TEST_DATA} + "/interfaces.pcapng", "--json"});
  CHECK(outcome.status == 0);
  CHECK(outcome.complaint.find("left out 1 packet of link type 220") != std::string::npos);
  CHECK(outcome.output.find(R"("cause":"no-shared-cipher")") != std::string::npos);
  CHECK(outcome.output.find(R"("closer":"server")") != std::string::npos);
}

TEST_CASE("files that cannot be used end with 1 and one line that names them") {
  const std::string capture = captures + "zeek-tls12.pcap";
  const TemporaryDirectory directory;
  const std::string gzipped = directory / "capture.pcap.gz";
  std::ofstream(gzipped, std::ios::binary) << "\x1f\x8b\x08";
  struct Case {
    std::vector<std::string> words;
    std::string named;
  };
  const Case cases[] = {
      {{"/nonexistent.pcap"}, "/nonexistent.pcap"},
      {{captures + "README.md"}, "README.md"},
      {{captures}, "captures"},
      {{"/dev/null"}, "/dev/null: is empty"},
      {{gzipped}, "gzip"},
      {{capture, "--keylog", "/nonexistent.keys"}, "/nonexistent.keys"},
      {{capture, "--trust", "/nonexistent.pem"}, "/nonexistent.pem"},
      {{capture, "--crl", "/nonexistent.crl"}, "/nonexistent.crl"},
  };
  for (const Case& test : cases) {
    CAPTURE(test.named);
    const Outcome outcome = read(test.words);
    CHECK(outcome.status == 1);
    CHECK(lines(outcome.complaint) == 1);
    CHECK(outcome.complaint.find(test.named) != std::string::npos);
    CHECK(outcome.output.empty());
  }
}

TEST_CASE("wrong usage of read ends with 2") { CHECK(read({"--nonsense"}).status == 2); }

}  // namespace
}  // namespace legible::proxy
