defmodule Demo.MixProject do
  use Mix.Project

  def project do
    [
      app: :demo,
      version: "0.1.0",
      elixir: "~> 1.14",
      start_permanent: Mix.env() == :prod,
      deps: [],
      releases: [demo: [include_executables_for: [:unix]]]
    ]
  end

  def application do
    [mod: {Demo.Application, []}, extra_applications: [:logger, :crypto, :ssl]]
  end
end
