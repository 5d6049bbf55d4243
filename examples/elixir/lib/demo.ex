defmodule Demo do
  @moduledoc "Reports which release answers, and what runs it."

  def about do
    "demo #{release()} on Erlang/OTP #{System.otp_release()}: #{greeting()}"
  end

  @doc "Returns the name of the directory that the release was unpacked into."
  def release do
    case System.get_env("RELEASE_ROOT") do
      nil -> "from source"
      root -> Path.basename(root)
    end
  end

  defp greeting, do: Application.fetch_env!(:demo, :greeting)
end
