import { render } from "preact";
import "../style/main.css";
render(<p>Manage</p>, document.getElementById("app")!);
