#include "proxy/sinks/output_writer.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "support/temporary_directory.hpp"

namespace legible::proxy {
namespace {

using legible::test::content;
using legible::test::TemporaryDirectory;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    reader = ends[0];
    writer = ends[1];
  }
  ~Pipe() {
    close_reader();
    ::close(writer);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void close_reader() {
    if (reader >= 0) ::close(std::exchange(reader, -1));
  }
  /// All bytes up to a text that must come.
  std::string read_until(std::string_view end) const {
    std::string text;
    char buffer[4096];
    while (text.find(end) == std::string::npos) {
      const ssize_t count = ::read(reader, buffer, sizeof buffer);
      if (count <= 0) break;
      text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
  }

  int reader = -1;
  int writer = -1;
};

/// What a writer reported, for another thread to see.
class Reports {
 public:
  auto listener() {
    return [this](std::string_view what) {
      const std::scoped_lock lock(mutex_);
      all_.emplace_back(what);
    };
  }
  std::vector<std::string> all() const {
    const std::scoped_lock lock(mutex_);
    return all_;
  }
  /// Waits until there are `count` reports.
  bool reach(std::size_t count) const {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (all().size() < count) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> all_;
};

std::string notice_line(std::string_view what) { return "notice " + std::string(what) + '\n'; }

TEST_CASE("a line reaches a pipe at once, while the writer lives on") {
  Pipe pipe;
  OutputWriter writer(pipe.writer, "pipe", {});
  writer.write("one\n");
  CHECK(pipe.read_until("\n") == "one\n");
  writer.write("two\n");
  CHECK(pipe.read_until("\n") == "two\n");
}

TEST_CASE("lines of several threads stay whole") {
  TemporaryDirectory directory;
  const std::string path = directory / "log";
  {
    OutputWriter writer(path, {});
    std::vector<std::thread> threads;
    for (char letter : {'a', 'b', 'c', 'd'}) {
      threads.emplace_back([&writer, letter] {
        const std::string line = std::string(200, letter) + '\n';
        for (int i = 0; i < 2000; ++i) writer.write(line + line);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  std::ifstream log(path);
  std::size_t lines = 0;
  for (std::string line; std::getline(log, line); ++lines) {
    if (line != std::string(200, line.at(0))) FAIL("a line is torn: " << line);
  }
  CHECK(lines == 4 * 2000 * 2);
}

TEST_CASE("a reader that stalls holds nobody up, and what it missed is counted in its place") {
  Pipe pipe;
  OutputWriter::Options options;
  options.queue_bytes = 10'000;
  options.format_notice = notice_line;
  OutputWriter writer(pipe.writer, "pipe", options);

  const std::string line = std::string(99, 'x') + '\n';
  constexpr std::size_t sent = 5000;
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < sent; ++i) writer.write(line);
  CHECK(std::chrono::steady_clock::now() - start < 2s);

  const std::string_view before = "notice pipe: ", after = " lines were dropped here";
  std::size_t arrived = 0, missed = 0;
  std::string text;
  while (arrived + missed < sent) {
    text += pipe.read_until("\n");
    for (std::size_t end = 0; (end = text.find('\n')) != std::string::npos;
         text.erase(0, end + 1)) {
      const std::string_view each = std::string_view(text).substr(0, end);
      if (each == std::string(99, 'x')) {
        ++arrived;
      } else if (each.starts_with(before) && each.ends_with(after)) {
        missed += std::stoul(std::string(each.substr(before.size())));
      } else {
        FAIL("unexpected: " << each);
      }
    }
  }
  CHECK(arrived + missed == sent);
  CHECK(arrived >= 100);
  CHECK(missed >= 1000);

  writer.write("after\n");
  CHECK(pipe.read_until("after\n") == "after\n");
}

TEST_CASE("closing is bounded although the reader stalls") {
  Pipe pipe;
  Reports reports;
  OutputWriter::Options options;
  options.report = reports.listener();
  OutputWriter writer(pipe.writer, "pipe", options);
  writer.write(std::string(1'000'000, 'x') + '\n');
  const auto start = std::chrono::steady_clock::now();
  writer.close(200ms);
  CHECK(std::chrono::steady_clock::now() - start < 2s);
  CHECK(reports.all() == std::vector<std::string>{"pipe ended with 1 lines unwritten"});
}

TEST_CASE("a closed pipe is told once, and ends nothing") {
  Pipe pipe;
  Reports reports;
  OutputWriter::Options options;
  options.report = reports.listener();
  OutputWriter writer(pipe.writer, "pipe", options);
  pipe.close_reader();
  writer.write("one\n");
  REQUIRE(reports.reach(1));
  for (int i = 0; i < 100; ++i) writer.write("more\n");
  writer.close();
  CHECK(reports.all().front() == "pipe cannot be written: Broken pipe");
}

TEST_CASE("one who waits for room loses no line, and is let go when the reader has gone") {
  Pipe pipe;
  OutputWriter::Options options;
  options.queue_bytes = 1000;
  options.when_full = WhenFull::wait;
  OutputWriter writer(pipe.writer, "pipe", options);
  std::thread producer([&] {
    for (int i = 0; i < 3000; ++i) writer.write(std::string(99, 'x') + '\n');
    writer.write("end\n");
    for (int i = 0; i < 3000; ++i) writer.write(std::string(99, 'y') + '\n');
  });
  const std::string text = pipe.read_until("end\n");
  std::string first_lines;
  for (int i = 0; i < 3000; ++i) first_lines += std::string(99, 'x') + '\n';
  first_lines += "end\n";
  CHECK(text.substr(0, 300'004) == first_lines);
  pipe.close_reader();
  producer.join();
}

/// A limit on the size of files stands for the disk: a write is cut short, the next one fails.
class FullDisk {
 public:
  explicit FullDisk(rlim_t room) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit small{room, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  }
  ~FullDisk() { make_room(); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

  void make_room() const { CHECK(::setrlimit(RLIMIT_FSIZE, &before_) == 0); }

 private:
  rlimit before_{};
};

OutputWriter::Options retrying(Reports& reports) {
  OutputWriter::Options options;
  options.retry = 5ms;
  options.report = reports.listener();
  return options;
}

TEST_CASE("a full disk is told once, no line is torn, and writing goes on when room returns") {
  TemporaryDirectory directory;
  const std::string path = directory / "log";
  Reports reports;
  const FullDisk disk(1005);
  {
    OutputWriter writer(path, retrying(reports));
    for (int i = 0; i < 30; ++i) writer.write(std::string(99, 'x') + '\n');
    REQUIRE(reports.reach(1));
    std::this_thread::sleep_for(30ms);
    CHECK(content(path).size() == 1005);
    disk.make_room();
    CHECK(reports.reach(2));
  }
  std::string expected;
  for (int i = 0; i < 30; ++i) expected += std::string(99, 'x') + '\n';
  CHECK(content(path) == expected);
  CHECK(reports.all() == std::vector<std::string>{path + " cannot be written: File too large",
                                                  path + " is written again"});
}

TEST_CASE("a log that is emptied while the disk is full goes on with a whole line") {
  TemporaryDirectory directory;
  const std::string path = directory / "log";
  Reports reports;
  const FullDisk disk(25);
  {
    OutputWriter writer(path, retrying(reports));
    writer.write("first line\nsecond line\nthird line\nfourth\n");
    REQUIRE(reports.reach(1));
    fs::resize_file(path, 0);
    CHECK(reports.reach(2));
  }
  CHECK(content(path) == "fourth\n");
}

TEST_CASE("a log that was moved away is opened again at a line's boundary") {
  TemporaryDirectory directory;
  const std::string path = directory / "log", moved = directory / "log.1";
  {
    OutputWriter writer(path, {});
    writer.write("old\n");
    while (content(path) != "old\n") std::this_thread::sleep_for(1ms);
    fs::rename(path, moved);
    writer.reopen();
    while (!fs::exists(path)) std::this_thread::sleep_for(1ms);
    writer.write("new\n");
  }
  CHECK(content(moved) == "old\n");
  CHECK(content(path) == "new\n");
}

TEST_CASE("a log that ends in a cut line goes on with a line of its own") {
  TemporaryDirectory directory;
  const std::string path = directory / "log";
  std::ofstream(path) << "{\"v\":1,\"ti";
  {
    OutputWriter(path, {}).write("whole\n");
  }
  CHECK(content(path) == "{\"v\":1,\"ti\nwhole\n");
}

TEST_CASE("a file for its owner alone becomes that, also when it is opened again") {
  TemporaryDirectory directory;
  const std::string path = directory / "keys";
  const auto make_readable = [&] {
    std::ofstream(path) << "";
    fs::permissions(path, fs::perms{0644});
  };
  OutputWriter::Options options;
  options.permissions = 0600;
  make_readable();
  OutputWriter writer(path, options);
  CHECK(fs::status(path).permissions() == fs::perms{0600});
  writer.write("one\n");
  fs::remove(path);
  make_readable();
  writer.reopen();
  writer.write("two\n");
  REQUIRE(writer.close());
  CHECK(fs::status(path).permissions() == fs::perms{0600});
}

TEST_CASE("other files keep the mode that they have") {
  TemporaryDirectory directory;
  const std::string path = directory / "log";
  std::ofstream(path) << "";
  fs::permissions(path, fs::perms{0666});
  OutputWriter writer(path, {});
  CHECK(fs::status(path).permissions() == fs::perms{0666});
}

TEST_CASE("closing tells whether everything was written") {
  TemporaryDirectory directory;
  OutputWriter::Options options;
  OutputWriter good(directory / "log", options);
  good.write("line\n");
  CHECK(good.close());
  options.when_full = GENERATE(WhenFull::drop, WhenFull::wait);
  options.queue_bytes = 1000;
  OutputWriter full("/dev/full", options);
  // More than the queue takes: who waits for room must not wait for a disk that stays full.
  for (int i = 0; i < 50; ++i) full.write(std::string(99, 'x') + '\n');
  CHECK_FALSE(full.close(100ms));
  CHECK_FALSE(full.close());
}

TEST_CASE("a log that cannot be opened is refused with the file's name") {
  try {
    OutputWriter writer("/nonexistent/log", {});
    FAIL("opened");
  } catch (const std::system_error& error) {
    CHECK(std::string(error.what()) ==
          "/nonexistent/log: cannot be opened: No such file or directory");
  }
}

}  // namespace
}  // namespace legible::proxy
