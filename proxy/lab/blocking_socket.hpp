#pragma once
// A TCP socket for the lab's own clients and servers: blocking, with one deadline for all that is
// done on it. The proxy itself never blocks (proxy/net/tcp_stream.hpp).

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace legible::proxy::lab {

using Deadline = std::chrono::steady_clock::time_point;

/// How a read ended.
enum class ReadEnd : std::uint8_t { data, fin, reset, timeout };

class BlockingSocket {
 public:
  explicit BlockingSocket(int descriptor, Deadline deadline)
      : descriptor_(descriptor), deadline_(deadline) {}
  BlockingSocket(BlockingSocket&& other) noexcept;
  BlockingSocket& operator=(BlockingSocket&&) = delete;
  ~BlockingSocket();  ///< closes, with a FIN unless something is left unread

  /// Connects to 127.0.0.1:`port`. Throws std::system_error.
  static BlockingSocket connect(std::uint16_t port, Deadline deadline);

  /// False when the peer no longer takes anything.
  bool send(std::span<const std::uint8_t> bytes);
  /// Reads what there is, at most `buffer.size()` bytes, and sets `count`.
  ReadEnd read(std::span<std::uint8_t> buffer, std::size_t& count);
  /// The next reads give these again, before anything else.
  void unread(std::span<const std::uint8_t> bytes);
  /// Reads and drops everything until the peer ends or the deadline passes.
  ReadEnd drain();
  void shutdown_write() const;  ///< FIN; reading goes on
  void reset();                 ///< RST
  void close();

 private:
  int descriptor_ = -1;
  Deadline deadline_;
  std::vector<std::uint8_t> unread_;
};

/// A listening socket on 127.0.0.1 with a port that the system chose.
class LoopbackListener {
 public:
  LoopbackListener();
  LoopbackListener(const LoopbackListener&) = delete;
  LoopbackListener& operator=(const LoopbackListener&) = delete;
  ~LoopbackListener();

  std::uint16_t port() const { return port_; }
  /// The next connection, with that deadline; none when `until` passes first.
  std::optional<BlockingSocket> accept(Deadline until, Deadline deadline) const;
  void close();  ///< later connects are refused

 private:
  int descriptor_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace legible::proxy::lab
