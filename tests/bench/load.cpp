// bench_load MODE PORT COUNT [TARGET]: TLS 1.3 clients of a server behind 127.0.0.1:PORT; with
// TARGET, a port, that is a forward proxy, which is asked to CONNECT to it.
//
//   connections  COUNT connections with one request each, a few at a time
//   fresh        COUNT connections with one request each, one after the other: microseconds each
//   warm         COUNT requests on one connection: microseconds each
//   requests     COUNT requests on connections that are kept, a few at a time
//   unread       the same, behind a request whose head is longer than is ever read: a proxy that
//                looks at HTTP looks at nothing of these connections any more
//   bulk         a body of COUNT MiB
//   idle         COUNT connections that stay open after one request, until standard input ends
//
// Times go to standard output, a line each.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* server_name = "bench.example";
// Enough to keep both sides busy, and not so many that they wait for each other.
constexpr int at_a_time = 8;

template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Free<SSL_free>>;

Context make_context() {
  Context context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  return context;
}

class Socket {
 public:
  explicit Socket(std::uint16_t port) : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    constexpr int on = 1;
    setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::system_error(errno, std::generic_category(), "connect");
    }
  }
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&&) = delete;

  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

/// Where the clients go.
struct Way {
  std::uint16_t port;
  std::string connect_to;  ///< HOST:PORT for CONNECT; empty: straight on
};

class Client {
 public:
  Client(SSL_CTX* context, const Way& way)
      : host_(way.connect_to.empty() ? server_name : way.connect_to),
        socket_(way.port),
        session_(SSL_new(context)) {
    if (!way.connect_to.empty()) ask_to_connect(way.connect_to);
    SSL_set_fd(session_.get(), socket_.descriptor());
    // What the macro SSL_set_tlsext_host_name does, without its old-style cast.
    SSL_ctrl(session_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             std::string(server_name).data());
    if (SSL_connect(session_.get()) != 1) throw std::runtime_error("the handshake failed");
  }

  /// One request and its whole answer; returns the body's size.
  std::size_t get(std::string_view path, std::string_view fields = {}) {
    const std::string request = "GET " + std::string(path) + " HTTP/1.1\r\nHost: " + host_ +
                                "\r\n" + std::string(fields) + "\r\n";
    if (SSL_write(session_.get(), request.data(), static_cast<int>(request.size())) <= 0) {
      throw std::runtime_error("the request was not sent");
    }
    std::string head;
    std::size_t body_begin = std::string::npos;
    while (body_begin == std::string::npos) {
      head += read();
      body_begin = head.find("\r\n\r\n");
    }
    if (!head.starts_with("HTTP/1.1 200 ")) throw std::runtime_error("another answer");
    const std::size_t size = content_length(head);
    for (std::size_t have = head.size() - (body_begin + 4); have < size;) have += read().size();
    return size;
  }

  void say_goodbye() { SSL_shutdown(session_.get()); }

  /// What keeps the connection open: the TLS state of many idle clients would need much memory.
  Socket into_socket() && { return std::move(socket_); }

 private:
  void ask_to_connect(const std::string& to) {
    const std::string request = "CONNECT " + to + " HTTP/1.1\r\nHost: " + to + "\r\n\r\n";
    if (write(socket_.descriptor(), request.data(), request.size()) < 0) {
      throw std::runtime_error("CONNECT was not sent");
    }
    std::string answer;
    while (!answer.ends_with("\r\n\r\n")) {
      const ssize_t size = ::read(socket_.descriptor(), buffer_.data(), buffer_.size());
      if (size <= 0) throw std::runtime_error("CONNECT was not answered");
      answer.append(buffer_.data(), static_cast<std::size_t>(size));
    }
    if (answer.find(" 200 ") == std::string::npos) throw std::runtime_error("CONNECT was refused");
  }

  std::string_view read() {
    const int size = SSL_read(session_.get(), buffer_.data(), static_cast<int>(buffer_.size()));
    if (size <= 0) throw std::runtime_error("the answer was cut short");
    return {buffer_.data(), static_cast<std::size_t>(size)};
  }

  static std::size_t content_length(std::string_view head) {
    constexpr std::string_view name = "Content-Length: ";
    const std::size_t at = head.find(name);
    if (at == std::string_view::npos) throw std::runtime_error("an answer without a length");
    std::size_t size = 0;
    const std::string_view digits = head.substr(at + name.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), size);
    return size;
  }

  std::string host_;
  Socket socket_;
  Session session_;
  std::array<char, 32768> buffer_;
};

void request_once(SSL_CTX* context, const Way& way) {
  Client client(context, way);
  client.get("/");
  client.say_goodbye();
}

template <class Action>
void time_each(int count, const Action& action) {
  for (int i = 0; i < count; ++i) {
    const Clock::time_point begin = Clock::now();
    action();
    const std::chrono::duration<double, std::micro> took = Clock::now() - begin;
    std::printf("%.1f\n", took.count());
  }
}

/// `action` is done `count` times, by several threads.
template <class Action>
void share_out(int count, const Action& action) {
  std::atomic<int> left = count;
  std::atomic<bool> failed = false;
  std::vector<std::jthread> threads;
  for (int i = 0; i < at_a_time; ++i) {
    threads.emplace_back([&] {
      try {
        while (!failed && left-- > 0) action();
      } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_load: %s\n", error.what());
        failed = true;
      }
    });
  }
  threads.clear();
  if (failed) throw std::runtime_error("a connection failed");
}

void idle(SSL_CTX* context, const Way& way, int count) {
  std::mutex mutex;
  std::vector<Socket> open;
  share_out(count, [&] {
    Client client(context, way);
    client.get("/");
    const std::scoped_lock lock(mutex);
    open.push_back(std::move(client).into_socket());
  });
  std::puts("open");
  std::fflush(stdout);
  std::getchar();
}

/// The next requests of a connection are not read.
void end_reading(Client& client) {
  constexpr std::size_t longest_head = 262144;  // parser::Limits::http_head_bytes
  client.get("/", "X: " + std::string(longest_head, 'x') + "\r\n");
}

void request_on_kept(SSL_CTX* context, const Way& way, int count, bool unread) {
  constexpr int of_connection = 2000;
  const auto ask = [&](int requests) {
    Client client(context, way);
    if (unread) end_reading(client);
    for (int i = unread ? 1 : 0; i < requests; ++i) client.get("/");
    client.say_goodbye();
  };
  share_out(count / of_connection, [&] { ask(of_connection); });
}

void run(std::string_view mode, const Way& way, int count) {
  const Context context = make_context();
  if (mode == "connections") {
    share_out(count, [&] { request_once(context.get(), way); });
  } else if (mode == "fresh") {
    time_each(count, [&] { request_once(context.get(), way); });
  } else if (mode == "warm") {
    Client client(context.get(), way);
    time_each(count, [&] { client.get("/"); });
  } else if (mode == "requests" || mode == "unread") {
    request_on_kept(context.get(), way, count, mode == "unread");
  } else if (mode == "bulk") {
    const auto expected = static_cast<std::size_t>(count) * 1024 * 1024;
    if (Client(context.get(), way).get("/bulk") != expected) {
      throw std::runtime_error("the body is of another size");
    }
  } else if (mode == "idle") {
    idle(context.get(), way, count);
  } else {
    throw std::invalid_argument("no such mode");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    std::fputs(
        "usage: bench_load connections|fresh|warm|requests|unread|bulk|idle PORT COUNT [TARGET]\n",
        stderr);
    return 2;
  }
  try {
    const std::string connect_to = argc == 5 ? std::string(server_name) + ":" + argv[4] : "";
    run(argv[1], {static_cast<std::uint16_t>(std::stoi(argv[2])), connect_to}, std::stoi(argv[3]));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_load: %s\n", error.what());
    return 1;
  }
}
