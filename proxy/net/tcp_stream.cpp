#include "proxy/net/tcp_stream.hpp"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <uv.h>

#include <cerrno>
#include <utility>
#include <vector>

namespace legible::proxy {

struct TcpStream::Handle {
  uv_tcp_t tcp{};
  uv_connect_t connect_request{};
  uv_write_t write_request{};
  Owner* owner = nullptr;
  OnConnect on_connect;
  // One write is under way at a time; what comes meanwhile is gathered, so that a sender of small
  // pieces cannot make a queue of many small requests.
  std::vector<std::uint8_t> writing;
  std::vector<std::uint8_t> waiting;
  bool shutdown_wanted = false;
  bool closing = false;
  bool reading = false;
  bool end_follows = false;     ///< what is being read
  int error_behind = 0;         ///< libuv's, that `look_behind` took from the socket
  std::uint64_t last_read = 0;  ///< loop time of the last bytes

  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp); }
  uv_handle_t* base() { return reinterpret_cast<uv_handle_t*>(&tcp); }
  int socket() const {
    uv_os_fd_t descriptor = -1;
    uv_fileno(reinterpret_cast<const uv_handle_t*>(&tcp), &descriptor);
    return descriptor;
  }
  static Handle* from(uv_handle_t* handle) { return reinterpret_cast<Handle*>(handle); }
  static Handle* from(uv_stream_t* stream) { return reinterpret_cast<Handle*>(stream); }

  int write_waiting();
  void on_write_done(int status);
  void send_fin() const;
  int end_status(int reported) const;
  int look_behind();
  void on_bytes(std::span<const std::uint8_t> bytes);
  void on_end(int status);
};

namespace {

// A TLS alert, encrypted, is at most 90 bytes or so long.
constexpr std::size_t longest_farewell = 128;

uv_buf_t buffer_of(std::span<const std::uint8_t> bytes) {
  // libuv's buffers are not const, for they serve reading too; a write does not change them.
  auto* data = reinterpret_cast<char*>(const_cast<std::uint8_t*>(bytes.data()));
  return uv_buf_init(data, static_cast<unsigned>(bytes.size()));
}

void lend_read_buffer(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
  const std::span<std::byte> shared = EventLoop::of(handle).read_buffer();
  *buffer =
      uv_buf_init(reinterpret_cast<char*>(shared.data()), static_cast<unsigned>(shared.size()));
}

}  // namespace

void TcpStream::Close::operator()(Handle* handle) const noexcept {
  handle->owner = nullptr;
  handle->closing = true;
  handle->on_connect = nullptr;
  uv_close(handle->base(), [](uv_handle_t* raw) { delete Handle::from(raw); });
}

std::unique_ptr<TcpStream::Handle, TcpStream::Close> TcpStream::make(EventLoop& loop) {
  auto fresh = std::make_unique<Handle>();
  throw_if_error(uv_tcp_init(loop.handle(), &fresh->tcp), "socket");
  return std::unique_ptr<Handle, Close>(fresh.release());
}

TcpStream::TcpStream(EventLoop& loop, FileDescriptor socket) : handle_(make(loop)) {
  throw_if_error(uv_tcp_open(&handle_->tcp, socket.get()), "socket");
  socket.release();
}

TcpStream::TcpStream(EventLoop& loop, const SocketAddress& address, OnConnect done)
    : handle_(make(loop)) {
  uv_tcp_nodelay(&handle_->tcp, 1);
  handle_->on_connect = std::move(done);
  throw_if_error(uv_tcp_connect(&handle_->connect_request, &handle_->tcp, address.data(),
                                [](uv_connect_t* request, int status) {
                                  // Moved out: the call may close the stream, and a second one
                                  // must not happen.
                                  Handle* handle = Handle::from(request->handle);
                                  const OnConnect told = std::move(handle->on_connect);
                                  if (told) told(status);
                                }),
                 "connect");
  // Begun only afterwards, it would have libuv forget the socket and try to add it to the poll set
  // once more. Nothing can be read before `done` is called.
  start_reading();
}

void TcpStream::set_owner(Owner* owner) { handle_->owner = owner; }

SocketAddress TcpStream::local() const {
  sockaddr_storage address{};
  int size = sizeof address;
  if (uv_tcp_getsockname(&handle_->tcp, reinterpret_cast<sockaddr*>(&address), &size) < 0) {
    address.ss_family = AF_INET;
  }
  return SocketAddress(reinterpret_cast<const sockaddr*>(&address));
}

void TcpStream::start_reading() {
  handle_->reading = true;
  uv_read_start(handle_->stream(), lend_read_buffer,
                [](uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
                  Handle* handle = Handle::from(stream);
                  if (size < 0) {
                    handle->on_end(handle->end_status(static_cast<int>(size)));
                  } else if (size > 0 && handle->owner != nullptr) {
                    handle->on_bytes({reinterpret_cast<const std::uint8_t*>(buffer->base),
                                      static_cast<std::size_t>(size)});
                  }
                });
}

void TcpStream::stop_reading() {
  handle_->reading = false;
  uv_read_stop(handle_->stream());
}

bool TcpStream::end_follows() const { return handle_ != nullptr && handle_->end_follows; }

// The FIN mostly comes right behind a farewell. Known together, they go on together: in one segment
// in place of two, and without another turn of the loop.
void TcpStream::Handle::on_bytes(std::span<const std::uint8_t> bytes) {
  last_read = uv_now(tcp.loop);
  const Owner* told = owner;
  const int end = bytes.size() <= longest_farewell ? look_behind() : 0;
  end_follows = end == UV_EOF;
  owner->on_read(bytes);
  end_follows = false;
  // One who stopped reading, or has taken over the stream, is told in time.
  if (end != 0 && !closing && reading && owner == told) on_end(end);
}

void TcpStream::Handle::on_end(int status) {
  reading = false;
  uv_read_stop(stream());
  if (owner != nullptr) owner->on_read_end(status);
}

// What comes next, if it is the end: UV_EOF or an error, otherwise 0.
int TcpStream::Handle::look_behind() {
  char next = 0;
  const ssize_t size = recv(socket(), &next, 1, MSG_PEEK | MSG_DONTWAIT);
  if (size == 0) return UV_EOF;
  if (size > 0 || errno == EAGAIN || errno == EINTR) return 0;
  error_behind = uv_translate_sys_error(errno);
  return error_behind;
}

int TcpStream::write(std::span<const std::uint8_t> bytes) { return write(bytes, 0); }
int TcpStream::write_last(std::span<const std::uint8_t> bytes) { return write(bytes, MSG_MORE); }

int TcpStream::write(std::span<const std::uint8_t> bytes, int flags) {
  if (queued() == 0) {
    const ssize_t taken =
        send(handle_->socket(), bytes.data(), bytes.size(), flags | MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken < 0 && errno != EAGAIN && errno != EINTR) return uv_translate_sys_error(errno);
    if (taken > 0) bytes = bytes.subspan(static_cast<std::size_t>(taken));
    if (bytes.empty()) return 0;
  }
  handle_->waiting.insert(handle_->waiting.end(), bytes.begin(), bytes.end());
  return handle_->writing.empty() ? handle_->write_waiting() : 0;
}

std::size_t TcpStream::queued() const {
  return handle_->waiting.size() + uv_stream_get_write_queue_size(handle_->stream());
}

int TcpStream::Handle::write_waiting() {
  writing = std::exchange(waiting, {});
  const uv_buf_t buffer = buffer_of(writing);
  const int status =
      uv_write(&write_request, stream(), &buffer, 1, [](uv_write_t* request, int result) {
        Handle::from(request->handle)->on_write_done(result);
      });
  if (status < 0) writing = {};
  return status;
}

void TcpStream::Handle::on_write_done(int status) {
  writing = {};
  if (closing) return;
  // Also without an owner, while the stream goes from one to the next.
  if (status == 0 && !waiting.empty()) status = write_waiting();
  if (status < 0) waiting = {};
  if (writing.empty() && shutdown_wanted) send_fin();
  if (owner != nullptr) owner->on_written(status);
}

void TcpStream::shutdown() {
  handle_->shutdown_wanted = true;
  if (queued() == 0) handle_->send_fin();
}

// Nothing is queued here, so the system call does at once what uv_shutdown would do after another
// turn of the loop and two more calls of epoll_ctl.
void TcpStream::Handle::send_fin() const {
  // An error (ENOTCONN) says that the connection is gone already: reading tells how.
  ::shutdown(socket(), SHUT_WR);
}

// An RST that is there together with bytes before it is reported as UV_EOF: libuv sees POLLHUP,
// and after a read that did not fill the buffer it makes up the end without asking the socket. The
// error is still on the socket then. This happens within one turn of the loop, in which its time
// stands still: an end at a later time was read from the socket.
int TcpStream::Handle::end_status(int reported) const {
  if (error_behind != 0) return error_behind;
  if (reported != UV_EOF || last_read != uv_now(tcp.loop)) return reported;
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? UV_EOF : uv_translate_sys_error(error);
}

std::size_t TcpStream::unsent() const {
  int bytes = 0;
  if (ioctl(handle_->socket(), SIOCOUTQNSD, &bytes) < 0) return queued();
  return queued() + static_cast<std::size_t>(bytes);
}

bool TcpStream::broken() const {
  if (handle_->error_behind != 0) return true;
  // Reading SO_ERROR instead would clear it, and the reset would look like an end.
  pollfd socket{handle_->socket(), 0, 0};
  return ::poll(&socket, 1, 0) > 0 && (socket.revents & POLLERR) != 0;
}

void TcpStream::reset() {
  handle_->owner = nullptr;
  uv_tcp_close_reset(&handle_.release()->tcp, [](uv_handle_t* raw) { delete Handle::from(raw); });
}

}  // namespace legible::proxy
