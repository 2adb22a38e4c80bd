#pragma once
// One TCP connection on libuv: reads into the loop's buffer, writes at once what the kernel takes
// and queues the rest, ends by shutdown, close or reset. libuv's words are kept.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "proxy/net/event_loop.hpp"
#include "proxy/net/file_descriptor.hpp"
#include "proxy/net/socket_address.hpp"

namespace legible::proxy {

class TcpStream {
 public:
  /// Is told what happens to a stream. It may destroy the stream in any of these calls.
  class Owner {
   public:
    /// Bytes arrived; they are valid during the call.
    virtual void on_read(std::span<const std::uint8_t> bytes) = 0;
    /// Reading is over: UV_EOF, or the error of the connection. Comes once.
    virtual void on_read_end(int status) = 0;
    /// Queued bytes were handed to the kernel, or (`status` < 0) never will be.
    virtual void on_written(int status) = 0;

   protected:
    ~Owner() = default;
  };
  using OnConnect = std::function<void(int status)>;

  TcpStream() = default;  ///< no stream
  /// Takes a connected socket. Throws std::system_error.
  TcpStream(EventLoop& loop, FileDescriptor socket);
  /// Makes a socket and starts to connect it: `done` is called once, later, with 0 or a libuv
  /// error, unless the stream is closed before. The stream is read from then on: `done` sets its
  /// owner. Throws std::system_error.
  TcpStream(EventLoop& loop, const SocketAddress& address, OnConnect done);

  explicit operator bool() const { return handle_ != nullptr; }
  void set_owner(Owner* owner);

  void start_reading();
  void stop_reading();
  /// During `on_read`: the peer's FIN has come behind these bytes, and `on_read_end` comes next.
  bool end_follows() const;

  /// Sends, in order; copies what the kernel does not take now. A libuv error means that these
  /// bytes are lost, and that later ones will be.
  int write(std::span<const std::uint8_t> bytes);
  /// The same, where `shutdown` or `close` follows at once: the FIN goes in the segment of the last
  /// bytes.
  int write_last(std::span<const std::uint8_t> bytes);
  /// Bytes that wait for the kernel.
  std::size_t queued() const;
  /// Bytes that wait for the kernel or, in it, for the peer's window.
  std::size_t unsent() const;

  /// Its own address; the unspecified one when it is gone.
  SocketAddress local() const;

  /// Has the connection been reset, or has it failed? Asked of a stream that is not being read,
  /// which is told of nothing.
  bool broken() const;

  /// Sends a FIN after everything queued; reading goes on.
  void shutdown();
  /// Closes. The kernel sends a FIN, or an RST when received bytes were not read.
  void close() { handle_.reset(); }
  /// Closes with an RST; what is queued is lost.
  void reset();

 private:
  struct Handle;
  struct Close {
    void operator()(Handle* handle) const noexcept;
  };
  static std::unique_ptr<Handle, Close> make(EventLoop& loop);
  int write(std::span<const std::uint8_t> bytes, int flags);

  std::unique_ptr<Handle, Close> handle_;
};

}  // namespace legible::proxy
