defmodule Demo.Web do
  @moduledoc """
  Answers HTTP requests on a port: `/` with a line about the release, `/app.js` with the
  built asset, `/health` with the name of the release.

  It stands where a real project has Phoenix or Bandit, so that the example needs no
  dependency.
  """
  use Task, restart: :permanent
  require Logger

  def start_link(port), do: Task.start_link(__MODULE__, :listen, [port])

  def listen(port) do
    options = [:binary, ip: :loopback, packet: :http_bin, active: false, reuseaddr: true]
    {:ok, socket} = :gen_tcp.listen(port, options)
    {:ok, port} = :inet.port(socket)
    Logger.info("#{Demo.about()}, listening on port #{port}")
    accept(socket)
  end

  defp accept(socket) do
    {:ok, client} = :gen_tcp.accept(socket)
    {:ok, pid} = Task.start(fn -> serve(client) end)
    :ok = :gen_tcp.controlling_process(client, pid)
    accept(socket)
  end

  defp serve(client) do
    with {:ok, {:http_request, :GET, {:abs_path, path}, _}} <- :gen_tcp.recv(client, 0, 5_000),
         :ok <- skip_headers(client) do
      {status, body} = respond(path)
      :gen_tcp.send(client, response(status, body))
    end

    :gen_tcp.close(client)
  end

  defp skip_headers(client) do
    case :gen_tcp.recv(client, 0, 5_000) do
      {:ok, :http_eoh} -> :ok
      {:ok, {:http_header, _, _, _, _}} -> skip_headers(client)
      _ -> :error
    end
  end

  @doc "Returns the status line and the body for a path."
  def respond("/"), do: {"200 OK", Demo.about() <> "\n"}
  def respond("/health"), do: {"200 OK", "ok #{Demo.release()}\n"}

  def respond("/app.js") do
    case File.read(Application.app_dir(:demo, "priv/static/app.js")) do
      {:ok, text} -> {"200 OK", text}
      {:error, _} -> {"404 Not Found", "run npm run deploy in assets/\n"}
    end
  end

  def respond(_), do: {"404 Not Found", "not found\n"}

  defp response(status, body) do
    "HTTP/1.1 #{status}\r\ncontent-length: #{byte_size(body)}\r\nconnection: close\r\n\r\n#{body}"
  end
end
