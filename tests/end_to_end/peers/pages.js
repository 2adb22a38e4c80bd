// pages.js CERTIFICATE KEY PORT: what browsers do with HTTP, over HTTP/2 and HTTP/1.1. The page at / does it
// all by itself; a WebSocket comes by HTTP/1.1.
const crypto = require('crypto'), fs = require('fs'), zlib = require('zlib');
const [certificate, key, port] = process.argv.slice(2);
const page = `<!doctype html><link rel="icon" href="data:,"><script>
const quietly = promise => promise.catch(() => {});
(async () => {
  await fetch('/redirect');
  await fetch('/form?a=%C3%BC&b&=c', {method: 'POST', body: new URLSearchParams({x: 'ü ö'})});
  const file = new FormData();
  file.append('file', new Blob([new Uint8Array([0, 255])]), 'a.bin');
  await fetch('/upload', {method: 'POST', body: file});
  for (const coding of ['gzip', 'deflate', 'br']) await fetch('/coded/' + coding);
  await fetch('/binary');
  await fetch('/nothing');
  await fetch('/binary', {method: 'HEAD'});
  const aborted = new AbortController();
  const slow = await fetch('/slow', {signal: aborted.signal});
  aborted.abort();
  await quietly(fetch('/cut').then(answer => answer.text()));
  const socket = new WebSocket(location.origin.replace('http', 'ws') + '/socket');
  socket.onmessage = () => socket.close(1000, 'bye');
  socket.onclose = () => fetch('/last');
})();
</script>`;
const coders = {gzip: zlib.gzipSync, deflate: zlib.deflateSync, br: zlib.brotliCompressSync};
const text = 'grüße '.repeat(20);

function answer(request, response) {
  const path = request.url.split('?')[0];
  const say = (status, fields, content) => response.writeHead(status, fields).end(content);
  if (path === '/') {
    return say(200, {'content-type': 'text/html; charset=utf-8',
                     'set-cookie': ['a=1; Path=/; HttpOnly', 'b=x y; Secure']}, page);
  }
  if (path === '/redirect') return say(302, {location: '/landed'}, '');
  if (path === '/form' || path === '/upload') {
    const parts = [];
    request.on('data', part => parts.push(part));
    return request.on('end', () => say(200, {'content-type': 'x/y'}, Buffer.concat(parts)));
  }
  if (path.startsWith('/coded/')) {
    const coding = path.slice('/coded/'.length);
    return say(200, {'content-encoding': coding, 'content-type': 'text/plain; charset=utf-8'},
               coders[coding](text));
  }
  if (path === '/nothing') return say(204, {});
  if (path === '/slow') return response.writeHead(200, {'content-type': 'text/plain'}).write('begun');
  if (path === '/cut') {
    response.writeHead(200, {'content-length': '100'}).write('half');
    return setTimeout(() => request.stream ? request.stream.close(2) : response.socket.destroy(), 50);
  }
  say(200, {'content-type': 'image/png'}, Buffer.from([0x89, 0x50, 0x4e, 0x47, 0]));
}

require('http2').createSecureServer(
  {cert: fs.readFileSync(certificate), key: fs.readFileSync(key), allowHTTP1: true}, answer)
  .on('upgrade', (request, socket) => {
    const accept = crypto.createHash('sha1')
      .update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11');
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
                 `Sec-WebSocket-Accept: ${accept.digest('base64')}\r\n\r\n`);
    socket.write(Buffer.from([0x81, 2, 0x68, 0x69]));
    socket.on('data', () => socket.end(Buffer.from([0x88, 2, 3, 0xe8])));
    socket.on('error', () => {});
  })
  .listen(+port, '127.0.0.1');
