// Peer client|page|server PORT CERTIFICATES [KEY=VALUE...]: either side on JSSE; keys as in client.py
// and server.py. An identity is a PKCS#12 file whose password is "legible"; ciphers is one IANA name.
// page: the client is an HttpsURLConnection, which asks for https://localhost.

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URL;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

public class Peer {
  static final char[] PASSWORD = "legible".toCharArray();
  static final Map<String, String> options = new HashMap<>();

  static SSLContext context(String certificates) throws Exception {
    KeyStore anchors = KeyStore.getInstance("PKCS12");
    anchors.load(null, null);
    try (InputStream file = new FileInputStream(certificates + "/root.crt")) {
      for (Certificate root : CertificateFactory.getInstance("X.509").generateCertificates(file)) {
        anchors.setCertificateEntry("root " + anchors.size(), root);
      }
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(anchors);

    KeyManager[] keys = null;
    if (options.containsKey("identity")) {
      KeyStore own = KeyStore.getInstance("PKCS12");
      try (InputStream file = new FileInputStream(options.get("identity"))) {
        own.load(file, PASSWORD);
      }
      KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
      factory.init(own, PASSWORD);
      keys = factory.getKeyManagers();
    }
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys, trust.getTrustManagers(), null);
    return context;
  }

  static SSLParameters configured(SSLParameters parameters) {
    if (options.containsKey("tls")) {
      parameters.setProtocols(new String[] {"TLSv" + options.get("tls")});
    }
    if (options.containsKey("ciphers")) {
      parameters.setCipherSuites(new String[] {options.get("ciphers")});
    }
    if (options.containsKey("alpn")) {
      parameters.setApplicationProtocols(new String[] {options.get("alpn")});
    }
    return parameters;
  }

  static void client(int port, SSLContext context) throws IOException {
    String name = options.getOrDefault("name", "a.test");
    Socket plain = new Socket(InetAddress.getLoopbackAddress(), port);
    plain.setSoTimeout(10000);
    try (SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(plain, name, port, true)) {
      SSLParameters parameters = configured(tls.getSSLParameters());
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      tls.setSSLParameters(parameters);
      OutputStream out = tls.getOutputStream();
      out.write("GET / HTTP/1.0\r\n\r\n".getBytes());
      tls.getInputStream().transferTo(System.out);
    }
  }

  static void page(int port, SSLContext context) throws IOException {
    URL address = new URL("https://localhost:" + port + "/");
    HttpsURLConnection page = (HttpsURLConnection) address.openConnection();
    page.setSSLSocketFactory(context.getSocketFactory());
    page.setReadTimeout(10000);
    System.out.println("HTTP/1.0 " + page.getResponseCode());
    page.getInputStream().transferTo(System.out);
  }

  static void server(int port, SSLContext context) throws IOException {
    SSLServerSocket listener =
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(port, 50, InetAddress.getLoopbackAddress());
    SSLParameters parameters = configured(listener.getSSLParameters());
    parameters.setNeedClientAuth("require".equals(options.get("clients")));
    if (options.containsKey("name")) {
      parameters.setSNIMatchers(List.of(SNIHostName.createSNIMatcher(options.get("name"))));
    }
    listener.setSSLParameters(parameters);
    while (true) {
      try (SSLSocket tls = (SSLSocket) listener.accept()) {
        tls.setSoTimeout(10000);
        if (tls.getInputStream().read(new byte[65536]) > 0) {
          tls.getOutputStream().write("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n".getBytes());
        }
      } catch (IOException refused) {
        System.err.println(refused);
      }
    }
  }

  public static void main(String[] arguments) throws Exception {
    for (int i = 3; i < arguments.length; i++) {
      String[] option = arguments[i].split("=", 2);
      options.put(option[0], option[1]);
    }
    int port = Integer.parseInt(arguments[1]);
    SSLContext context = context(arguments[2]);
    try {
      switch (arguments[0]) {
        case "client" -> client(port, context);
        case "page" -> page(port, context);
        default -> server(port, context);
      }
    } catch (IOException refused) {
      for (Throwable why = refused; why != null; why = why.getCause()) System.err.println(why);
    }
  }
}
